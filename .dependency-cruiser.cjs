/**
 * The import-direction rule, checked by `npm run arrows`: arrows run down only, and a room is entered through its
 * index.ts. A room may import the rooms listed beside it, and none that is not listed. See ARCHITECTURE.md.
 */
const rooms = {
  cli: ['systems', 'report', 'text', 'retrieval', 'data', 'nn', 'tensor', 'command'],
  systems: ['report', 'text', 'retrieval', 'data', 'nn', 'tensor', 'command'],
  report: ['nn', 'tensor', 'command'],
  text: ['nn', 'tensor', 'command'],
  nn: ['tensor', 'command'],
  data: ['tensor', 'command'],
  retrieval: ['tensor', 'command'],
  tensor: [],
  command: [],
};

/** @param {readonly string[]} names */
const under = (names) => `^src/(${names.join('|')})/`;

const direction = Object.entries(rooms).map(([room, below]) => ({
  name: `${room}-imports-only-what-lies-below`,
  severity: 'error',
  from: { path: under([room]) },
  to: { path: '^src/', pathNot: under([room, ...below]) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...direction,
    {
      name: 'no-file-outside-the-rooms',
      comment: 'A new room gets its line in `rooms`; no module lies in src itself, or in systems itself.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [under(Object.keys(rooms).filter((room) => room !== 'systems')), '^src/systems/[^/]+/'],
      },
      to: {},
    },
    {
      name: 'no-system-imports-another',
      comment: 'What two systems need moves down.',
      severity: 'error',
      from: { path: '^src/systems/([^/]+)/' },
      to: { path: '^src/systems/', pathNot: '^src/systems/$1/' },
    },
    {
      name: 'rooms-are-entered-through-index',
      comment:
        'A system has two doors more, its verbs and its experiment, which the command opens when it is asked for them.',
      severity: 'error',
      from: { path: '^src/(systems/[^/]+|[^/]+)/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/$1/',
          '^src/(systems/[^/]+|[^/]+)/index\\.ts$',
          '^src/systems/[^/]+/(commands|experiment)\\.ts$',
        ],
      },
    },
    {
      name: 'no-cycles',
      comment: 'Two files of a room may know each other by type: that is no cycle when they run.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolved-import',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^#onnxruntime$' },
    },
    {
      name: 'no-package-that-users-do-not-get',
      comment: 'Users install dependencies and, for the browser, the optional peer; nothing else.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm', 'npm-peer'],
      },
    },
  ],
  options: {
    // Type-only imports are arrows too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: ['node_modules', '^dist/'] },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'default', 'types'] },
  },
};
