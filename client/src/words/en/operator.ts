import type { RunState } from '@quorate/shared/run/state'

/** Words of the operator page: the field's terms, still plain. */
export const operator = {
  title: 'Quorate operator',
  loading: 'Asking the server…',
  unreachable: 'The server does not answer',
  retry: 'Try again',
  nav: {
    label: 'Operator',
    runs: 'Runs',
    create: 'New run',
    settings: 'Settings',
    signOut: 'Sign out',
  },
  signIn: {
    title: 'Sign in',
    link: 'The server prints a sign-in link whenever it starts. Open the newest one in this browser; it works once.',
    orLink: 'Or open the newest sign-in link that the server has printed; it works once.',
    token: 'Signing you in…',
    password: 'Password',
    submit: 'Sign in',
    linkFailed: 'The link did not work',
    linkHint: {
      link: 'Start the server again for a fresh one.',
      password: 'Use the password, or start the server again for a fresh one.',
    },
  },
  settings: {
    title: 'Settings',
    password: 'Password',
    passwordSet: 'A password is set. A new one replaces it.',
    passwordNone:
      'With a password you can sign in without the printed link. Only its hash is stored.',
    newPassword: 'New password',
    newPasswordNote: 'At least 10 characters.',
    repeat: 'Once more',
    mismatch: 'The two are not the same.',
    tooShort: 'At least 10 characters.',
    save: 'Set password',
    saved: 'The password is set.',
    version: (version: string) => `Quorate ${version}`,
  },
  runs: {
    title: 'Runs',
    none: 'There is no run yet.',
    create: 'New run',
    progress: 'Round',
    accuracy: 'Accuracy',
    people: 'Contributors',
    peopleOf: (ready: string, all: string) => `${ready} ready of ${all}`,
    method: 'Method',
    left: 'Left',
  },
  state: {
    created: 'Nobody trains before you start it.',
    waiting: (need: number, have: number) =>
      `Waits for contributors: ${have} ready, ${need} needed to vote.`,
    calibrating: 'Measures the first gradients for the units of the vote.',
    training: 'Round after round is put to the vote.',
    pausedByOperator: 'Paused by you.',
    pausedByFault: (reason: string) => `Paused by a fault: ${reason}`,
    finished: {
      rounds: 'All rounds are done.',
      target: 'The target accuracy was reached.',
      stopped: 'Stopped by you.',
    },
  },
  run: {
    missing: 'There is no such run',
    missingText: 'It has been deleted, or the address is wrong.',
    actions: {
      start: 'Start',
      pause: 'Pause',
      resume: 'Resume',
      stop: 'Stop',
      again: 'Train again',
      remove: 'Delete',
    },
    stopTitle: 'Stop this run for good?',
    stopText: 'It cannot be resumed. The model, its checkpoints and all figures stay.',
    removeTitle: 'Delete this run?',
    removeText: (name: string) =>
      `“${name}”, its model, checkpoints, ledger and figures are deleted. This cannot be undone.`,
    removed: 'The run is deleted.',
    againDone: 'A new run with another seed has started.',
    invite: 'Link for volunteers',
    copy: 'Copy',
    learning: 'Learning',
    figures: {
      round: 'Round',
      of: (round: string, rounds: string) => `${round} of ${rounds}`,
      accuracy: 'Accuracy',
      loss: 'Loss',
      ready: 'Ready',
      readyOf: (all: string) => `of ${all} ${all === '1' ? 'contributor' : 'contributors'}`,
      roundMs: 'Round takes',
      timeLeft: 'Time left',
      parameters: 'Parameters',
      digest: 'Digest',
      digestAt: (round: string) => `at round ${round}`,
    },
    rounds: {
      title: 'Rounds',
      duration: 'whole round',
      exchange: 'exchange',
      decide: 'decision',
      voters: 'voters',
      expected: 'expected',
      empty: 'Figures begin with the second round.',
      timesSummary: (duration: string, exchange: string, decide: string) =>
        `Times of the rounds. Newest: ${duration}, of which exchange ${exchange} and decision ${decide}.`,
      votersSummary: (voters: string, expected: string) =>
        `Voters by round. Newest: ${voters} of ${expected} expected.`,
    },
    bytes: {
      title: 'Bytes',
      perRound: 'Per contributor and round, over the last rounds',
      ballot: 'Ballot up',
      tally: 'Tally up',
      verdict: 'Verdict down',
      float32: 'float32 each way',
      times: (times: string) => `${times}× less than float32`,
      direct: 'Between browsers',
      directNote: (relayed: string) => `${relayed} slices relayed`,
      late: 'Late ballots',
      attempts: 'Extra attempts',
      agreement: 'Agreement',
      agreementNote: 'of signs with the verdict',
    },
    invites: {
      only: 'By invitation only',
      note: 'Newcomers need the code in the link above. Who is in stays in.',
      renew: 'Another code',
    },
    ways: {
      title: 'How votes travel',
      note: 'Slices sent by those who are here, since they came',
      direct: 'Direct',
      turn: 'TURN server',
      server: 'WebSocket',
    },
    contributors: {
      title: 'Contributors',
      none: 'Nobody is here. Send somebody the link for volunteers.',
      name: 'Name',
      backend: 'Backend',
      status: 'Status',
      shards: 'Shards',
      rounds: 'Rounds',
      missed: (missed: string) => `${missed} missed`,
      strikes: 'Strikes',
      step: 'Step',
      digest: 'Digest',
      digestOk: (round: string) => `equal at ${round}`,
      digestDiffers: (round: string) => `differs at ${round}`,
      actions: 'Actions',
      statuses: {
        joining: 'joining',
        ready: 'ready',
        away: 'away',
        waiting: 'waiting for data',
      },
      kick: 'Remove',
      ban: 'Exclude',
      kickLabel: (name: string) => `Remove ${name}`,
      banLabel: (name: string) => `Exclude ${name}`,
      kickTitle: (name: string) => `Remove ${name}?`,
      kickText: 'Its shards go to others. It may join again.',
      banTitle: (name: string) => `Exclude ${name} from this run?`,
      banText:
        'Its shards go to others, and its tab cannot come back to this run. People are anonymous: a fresh tab counts as somebody new.',
      kicked: (name: string) => `${name} has been removed.`,
      banned: (name: string) => `${name} has been excluded.`,
      more: (count: number) => `and ${count} more`,
    },
    events: {
      title: 'Events',
      none: 'Nothing has happened yet.',
      round: (round: number) => `round ${round}`,
      all: 'All',
      warnings: 'Warnings and errors',
      show: 'Show',
      kinds: {
        absent: 'Absent',
        banned: 'Banned',
        'checkpoint-failed': 'Checkpoint failed',
        'contributor-not-saved': 'Not saved',
        'cut-off': 'Cut off',
        'digest-differs': 'Digest differs',
        'evaluation-failed': 'Test failed',
        excluded: 'Excluded',
        fault: 'Fault',
        'figures-not-saved': 'Not saved',
        finished: 'Finished',
        joined: 'Joined',
        left: 'Left',
        'not-reloaded': 'Not read back',
        paused: 'Paused',
        removed: 'Removed',
        resumed: 'Resumed',
        returned: 'Returned',
        'round-void': 'Void round',
        'not-finite': 'Not finite',
        silent: 'Silent owner',
        'state-not-saved': 'Not saved',
        strike: 'Strike',
      } as Readonly<Record<string, string | undefined>>,
    },
    files: {
      title: 'Files',
      model: 'Model as it is now',
      safetensors: 'safetensors',
      tfjs: 'tfjs model.json',
      weights: 'tfjs weights',
      rounds: 'Figures of all rounds',
      csv: 'CSV',
      json: 'JSON',
      checkpoints: 'Checkpoints',
      checkpointsNone: 'None yet; one is written every 100 rounds.',
      download: (round: string) => `Round ${round}`,
    },
    settings: 'Settings of this run',
  },
} as const

/** Why a run stands where it stands, in a sentence. */
export function stateSentence(state: RunState): string {
  const words = operator.state
  switch (state.kind) {
    case 'created':
      return words.created
    case 'waiting':
      return words.waiting(state.need, state.have)
    case 'calibrating':
      return words.calibrating
    case 'training':
      return words.training
    case 'paused':
      return state.by === 'operator' ? words.pausedByOperator : words.pausedByFault(state.reason)
    case 'finished':
      return words.finished[state.why]
  }
}

/** The kind of an event; one that this page does not know by its code, without the hyphens. */
export function eventKind(code: string): string {
  const { kinds } = operator.run.events
  return (Object.hasOwn(kinds, code) ? kinds[code] : undefined) ?? code.replaceAll('-', ' ')
}
