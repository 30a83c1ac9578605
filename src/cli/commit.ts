import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * The full id of the commit that the clone at `root` has checked out, with `+changes` after it where files differ from it,
 * other than those that recorded runs write.
 * @throws RangeError outside a clone: a recorded run has to name the commit that made it
 */
export async function commitOf(root: URL): Promise<string> {
  const git = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('git', args, { cwd: fileURLToPath(root) });
    return stdout.trim();
  };
  const lines = await git('rev-parse', 'HEAD', '--show-prefix').catch(() => 'none\noutside');
  const [commit, prefix] = lines.split('\n');
  // A prefix: the package lies inside another repository, as an installed one does.
  if (prefix) throw new RangeError('issue --recorded: expected a clone of the repository, got a package without one');
  const changes = await git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!recorded');
  return changes === '' ? commit! : `${commit}+changes`;
}
