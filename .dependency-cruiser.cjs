// The arrows between workspaces and folders (docs: DESIGN "Parts"). `npm run check` enforces them.

const TEST = '\\.(test|contract|fixture|e2e)\\.ts$|/testing/|^e2e/'

const floor = ['bytes', 'random', 'clock', 'failure', 'kernels', 'keys']
const core = ['sign', 'tally', 'methods', 'model', 'partition']
const middle = ['wire', 'run', 'lease', 'round']

/** What each folder of shared/src may import besides itself. A new folder takes its place here. */
const sharedMayImport = {
  ...Object.fromEntries(floor.map((folder) => [folder, floor])),
  ...Object.fromEntries(core.map((folder) => [folder, [...floor, ...core]])),
  wire: [...floor, 'sign', 'tally', 'methods'],
  run: [...floor, 'methods', 'model', 'partition'],
  lease: [...floor, 'partition'],
  round: [...floor, ...core],
  protocol: [...floor, ...core, ...middle],
  api: [...floor, ...core, ...middle, 'protocol'],
  world: [...floor, ...core, ...middle, 'protocol'],
}

const oneOf = (names) => `(${names.join('|')})`

const sharedFolders = Object.entries(sharedMayImport).map(([folder, others]) => ({
  name: `shared-${folder}`,
  comment: `shared/src/${folder} may import only ${['itself', ...others].join(', ')}`,
  severity: 'error',
  from: { path: `^shared/src/${folder}/`, pathNot: TEST },
  to: { path: '^shared/src/', pathNot: `^shared/src/${oneOf([folder, ...others])}/` },
}))

/** A rule that files under `from` (tests excepted) import nothing that matches `to`. */
const never = (name, from, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: TEST },
  to: typeof to === 'string' ? { path: to } : to,
})

/** A rule that only files under `allowed` (and tests) import what matches `to`. */
const only = (name, { allowed, workspace }, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^${workspace}/src/`, pathNot: `${TEST}|^client/public/|${allowed}` },
  to: { path: to },
})

/** A package by name, wherever it resolves to. */
const npm = (name) => `(^|/)node_modules/${name}|^${name}(/|$)`
/** A workspace, by its folder or (where it does not resolve) its name. */
const workspaces = (...names) => `^${oneOf(names)}/|^@quorate/${oneOf(names)}(/|$)`

const betweenWorkspaces = [
  never(
    'shared-alone',
    '^shared/',
    workspaces('coordinator', 'client', 'e2e'),
    'shared is below all',
  ),
  never('coordinator-not-client', '^coordinator/', workspaces('client', 'e2e'), 'talk by protocol'),
  never('client-not-coordinator', '^client/', workspaces('coordinator', 'e2e'), 'talk by protocol'),
  {
    name: 'nothing-imports-e2e',
    severity: 'error',
    from: { pathNot: '^e2e/' },
    to: { path: workspaces('e2e') },
  },
]

const inShared = [
  ...sharedFolders,
  {
    name: 'shared-folder-known',
    comment: 'a folder of shared/src has its place in the table sharedMayImport of this file',
    severity: 'error',
    from: {
      path: '^shared/src/',
      pathNot: `${TEST}|^client/public/|^shared/src/${oneOf(Object.keys(sharedMayImport))}/`,
    },
    to: {},
  },
  never('shared-no-node', '^shared/src/', { dependencyTypes: ['core'] }, 'shared runs in browsers'),
  {
    name: 'core-no-libraries',
    comment: 'the core is plain TypeScript; only its settings are a schema',
    severity: 'error',
    from: {
      path: '^shared/src/(sign|tally|methods|round)/',
      pathNot: `${TEST}|^client/public/|^shared/src/methods/settings\\.ts$`,
    },
    to: { dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  },
]

const inCoordinator = [
  never(
    'database-lowest',
    '^coordinator/src/database/',
    '^coordinator/src/(store|training|routes)/',
    'routes → training → store → database',
  ),
  never(
    'store-below-training',
    '^coordinator/src/store/',
    {
      path: '^coordinator/src/(training|routes)/',
      pathNot: '^coordinator/src/training/ports\\.ts$',
    },
    'routes → training → store → database; the store implements the ports that training declares',
  ),
  never(
    'training-below-routes',
    '^coordinator/src/training/',
    '^coordinator/src/routes/',
    'routes → training → store → database',
  ),
  never(
    'training-not-fastify',
    '^coordinator/src/training/',
    npm('(fastify|@fastify)'),
    'training is driven by its callers and knows no HTTP',
  ),
  only(
    'sql-in-store',
    // The data directory is locked by a transaction that stays open.
    { workspace: 'coordinator', allowed: '^coordinator/src/(store/|database/|data-directory)' },
    npm('(kysely|libsql)'),
    'SQL only in store and database',
  ),
]

const inClient = [
  only(
    'tfjs-in-worker',
    { workspace: 'client', allowed: '^client/src/worker/' },
    npm('@tensorflow'),
    'only worker/ sees tfjs',
  ),
  only(
    'peerjs-in-mesh',
    { workspace: 'client', allowed: '^client/src/mesh/' },
    npm('peerjs'),
    'only mesh/ sees PeerJS',
  ),
  never(
    'below-session',
    '^client/src/(mesh|link|trainer|worker)/',
    // Interfaces lie with the one who uses them.
    '^client/src/(session/(?!ports\\.ts)|pages/)',
    'pages → session → {mesh, link, trainer}',
  ),
  never(
    'session-below-pages',
    '^client/src/session/',
    '^client/src/pages/',
    'pages → session → {mesh, link, trainer}',
  ),
  never(
    'worker-behind-trainer',
    '^client/src/(pages|session|mesh|link)/',
    '^client/src/worker/',
    'only trainer/ knows the worker',
  ),
]

const everywhere = [
  { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'no-orphans',
    comment: 'nothing imports this file and it imports nothing',
    severity: 'error',
    from: {
      orphan: true,
      pathNot: `${TEST}|^client/public/|\\.d\\.ts$|\\.config\\.[cm]?[jt]s$|/src/main\\.ts$|[./-]worker\\.ts$|/worker/`,
    },
    to: {},
  },
  {
    name: 'resolvable',
    comment: 'an import that does not resolve is one that no other rule sees',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true, pathNot: '\\?' },
  },
  never(
    'declared-dependencies',
    '^(shared|coordinator|client)/src/',
    {
      dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'],
      pathNot: '/@types/|@webgpu/types',
    },
    "what is shipped stands in its own workspace's dependencies",
  ),
]

module.exports = {
  forbidden: [...betweenWorkspaces, ...inShared, ...inCoordinator, ...inClient, ...everywhere],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^[a-z0-9]+/(dist|golden)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'browser', 'svelte', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.svelte', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
}
