/** A process that trains: started by workers.ts with a study's folder and a number of threads. */
import process from 'node:process';
import { serveRuns } from './workers.ts';

// Ctrl-C goes to every process of the terminal: the first one stops the others, so that they leave their checkpoints
process.on('SIGINT', () => {});
const [folder, threads] = process.argv.slice(2) as [string, string];
await serveRuns(folder, Number(threads), process);
