/** What a machine said, as a sentence that another may follow. */
const ended = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`)

/** How many a run takes. */
const takes = (places: number) =>
  places === 1
    ? 'This run is for one contributor.'
    : `This run takes ${places.toLocaleString('en')} contributors at once.`

/** Words of the volunteer page: plain, exact, short. */
export const volunteer = {
  title: 'Quorate: train a model together',
  loading: 'Asking the server what there is to train…',
  notFound: {
    title: 'There is no such run here',
    text: 'The link is mistyped, or the run has been deleted.',
    all: 'See all runs',
  },
  noRuns: {
    title: 'Nothing to train yet',
    text: 'The operator of this server has not made a run. This page shows it as soon as there is one.',
  },
  runs: {
    title: 'What would you like to help train?',
    text: 'This server has several runs. Each is one model that many browsers train together.',
    suggested: 'Needs you most',
    full: 'Full',
    people: (ready: number) =>
      ready === 1 ? '1\u00a0person\u00a0now' : `${ready}\u00a0people\u00a0now`,
    all: 'All runs',
  },
  before: {
    eyebrow: 'A model trained by its visitors',
    by: (host: string) => `Run by the operator of ${host}.`,
    join: 'Join the training',
    joinNote: 'Nothing starts before you press it, and one click ends it.',
    inviteOnly: 'This training is by invitation',
    inviteOnlyNote:
      'Newcomers need the link with the invite code. Ask the operator for it, and open it in this browser.',
    finished: 'This training is finished',
    finishedNote: 'The model has learned what it could in this run. Thank you for coming.',
    terms: 'What it takes, what it gives away',
    uses: {
      title: {
        gpu: 'It uses your GPU',
        either: 'It uses your GPU or your processor',
        processor: 'It uses your processor',
      },
      text: (perHour: string, first: string) =>
        `As much of it as you allow while this page is open, about ${perHour} of traffic an hour, and ${first} to download first.`,
      noRate: (first: string) =>
        `As much of it as you allow while this page is open, and ${first} to download first.`,
    },
    leaves: {
      votes: {
        title: 'Only votes leave',
        text: 'Training examples come from this server. Your browser answers with one bit for each number in the model: up or down. Nothing of your files is read.',
      },
      floats: {
        title: 'Only what was computed leaves',
        text: 'Training examples come from this server. Your browser answers this server with what it computed from them, in numbers instead of votes: the operator has chosen a method that needs them. Nothing of your files is read.',
      },
    },
    unseen: {
      title: 'Only this server sees your address',
      text: 'In this run browsers talk to this server alone. Other volunteers cannot see your network address.',
    },
    seen: {
      title: 'Others can see your address',
      text: 'Browsers send their votes to each other directly, so other volunteers can see your network address, unless you hide it.',
    },
    hidden: {
      title: 'Others cannot see your address',
      text: 'Your votes go through a TURN server that the operator has named, and where there is none through this server. Those two see your network address, other volunteers do not.',
    },
    hide: 'Hide my address',
    hideNote:
      'Your votes then go through the operator’s TURN server if there is one, and else through this server. Slower for everybody, just as useful.',
    noWebGpu: {
      insecure: [
        'This page came over plain HTTP',
        'Browsers offer WebGPU only to pages that came over HTTPS or from the same computer.',
      ],
      'no-api': [
        'This browser does not offer WebGPU',
        'A recent Chrome, Edge or Safari does, on most machines.',
      ],
      'no-gpu': [
        'WebGPU finds no GPU here',
        'The browser may have none to offer, or have it switched off.',
      ],
    },
    allTheSame: {
      either:
        'You can join all the same: WebGL or your processor does the work, whichever measures faster.',
      processor: 'You can join all the same: your processor does the work, more slowly.',
    },
    full: 'This run is full',
    fullNote: (places: number) =>
      `${takes(places)} ${places === 1 ? 'The place is taken; it' : 'All places are taken; one'} may become free, and a tab that waits then gets in by itself.`,
    queue: 'Wait for a place',
    heldUp: 'Nobody can join this run now',
    heldUpNote: (reason: string) =>
      `Something went wrong on the server: ${ended(reason)} Only the operator can mend it; this page notices when it goes on.`,
    damaged:
      'What the server has stored of it is damaged or missing. Only the operator can mend that.',
    forced: (backend: string) => `The address of this page asks for the backend “${backend}”.`,
  },
  figures: {
    accuracy: 'Accuracy',
    notTested: 'not tested yet',
    testedAt: (round: string) => `tested at round ${round}`,
    round: 'Round',
    of: (round: string, rounds: string) => `${round} of ${rounds}`,
    people: 'People now',
    timeLeft: 'Time left',
    progress: 'Rounds done',
    curve: 'How well it does',
  },
  mine: {
    title: 'My part',
    since: 'since you joined',
    as: (name: string) => `You are ${name}.`,
    rounds: 'Rounds counted',
    roundsNote: (missed: string) => `${missed} missed`,
    samples: 'Examples seen',
    accepted: 'Votes accepted',
    acceptedNote: (counted: string, cast: string) => `${counted} of ${cast} parts`,
    batchLoss: 'Loss of my last batch',
    step: 'One step takes',
    peers: 'Connected to',
    peersCount: (count: number) => (count === 1 ? '1 browser' : `${count} browsers`),
    peersNone: 'no browser',
    peersNote: {
      direct: '',
      relay: 'by way of a TURN server',
      server: 'votes go through the server',
    },
    backend: 'Computes on',
    shards: 'My shards',
    shardsNone: 'none yet',
    shardsMany: (count: number, first: string) => `${count} of them: ${first}, …`,
    trouble: (detail: string) => `Last trouble, got over: ${detail}`,
    digest: (round: number, digest: string) => `My model at round ${round}: ${digest}`,
    digestNote:
      'Every volunteer has the same code at the same round: all models are equal, bit for bit.',
  },
  traffic: {
    title: 'What went over the wire',
    kind: 'Kind',
    up: 'Up',
    down: 'Down',
    votes: 'Votes',
    tallies: 'Counts of votes',
    verdicts: 'Results of votes',
    control: 'Messages',
    downloads: 'Examples and model',
    total: 'Together',
    saved: (times: string) =>
      `As ordinary numbers of 32 bits, the votes and results would be ${times} times as large.`,
    direct: (share: string) =>
      `${share} of my votes went to other browsers without passing the server.`,
  },
  controls: {
    title: 'Controls',
    pause: 'Pause',
    resume: 'Go on',
    stopAfter: 'Stop after this round',
    stopNow: 'Stop now',
    again: 'Join again',
    intensity: 'How hard to work',
    intensityNote: (share: string) =>
      share === '100%'
        ? 'Takes part in every round.'
        : `Takes part in ${share} of the rounds and rests in between. Nobody waits for you.`,
    wakeLock: 'Keep the screen on',
    wakeLockMissing: 'This browser cannot keep the screen on.',
    wakeLockRefused: 'The browser refused to keep the screen on, perhaps to save power.',
    battery: 'Pause on battery',
    batteryMissing: 'This browser does not tell whether it runs on battery.',
    metered: 'Pause on a metered connection',
    meteredNote:
      'Mobile data, or where the browser has been asked to save data. Nothing is sent or fetched for the training meanwhile.',
    meteredMissing: 'This browser does not tell what kind of connection it has.',
    hidden: {
      unknown: 'My address is hidden from other volunteers.',
      relay:
        'My address is hidden from other volunteers: votes go through the operator’s TURN server.',
      server: 'My address is hidden from other volunteers: votes go through this server.',
    },
  },
  people: {
    title: 'Who is here',
    you: 'you',
    none: 'Nobody yet.',
    count: (count: number) => (count === 1 ? '1 person' : `${count} people`),
    more: (count: number) => `and ${count} more`,
    status: {
      joining: 'joining',
      ready: 'training',
      away: 'connection lost',
      waiting: 'waiting for data',
    },
    counted: (rounds: string) => (rounds === '1' ? '1 round' : `${rounds} rounds`),
  },
  summary: {
    title: 'Your part in it',
    text: (rounds: string, samples: string) =>
      `${rounds} of your votes were counted, made from ${samples} examples.`,
  },
  status: {
    idle: ['Not joined', 'Press the button to take part.'],
    connecting: ['Connecting', 'Calling the server.'],
    preparing: ['Getting ready', 'Measuring what this machine computes fastest on.'],
    catchingUp: ['Catching up', 'Loading examples and the model as it stands.'],
    waitingForData: [
      'Waiting for a place',
      'More people are here than there is data for. You take part as soon as somebody leaves.',
    ],
    ending: {
      paused: ['Finishing this round', 'Then it pauses.'],
      stopped: ['Finishing this round', 'Then it stops.'],
    },
    training: ['Training', 'Your votes count. You can leave this page in the background.'],
    ready: ['Ready', 'Waiting for the next round to open.'],
    run: {
      created: [
        'Ready',
        'The operator has not started this run yet. It begins by itself when they do.',
      ],
      waiting: (need: number, have: number) => [
        'Waiting for others',
        `Training starts when ${need} people are ready; now ${have === 1 ? 'it is 1' : `there are ${have}`}. Send somebody the link.`,
      ],
      calibrating: ['Ready', 'The run takes its first measurements; the first round follows.'],
      pausedByOperator: [
        'The run is paused',
        'The operator paused it. It goes on by itself when they let it.',
      ],
      pausedByFault: (reason: string) => [
        'The run is held up',
        `Something went wrong on the server: ${ended(reason)} It goes on by itself once the operator has mended it.`,
      ],
    },
    paused: {
      byMe: ['Paused', 'This computer is free. Go on whenever you like.'],
      byBattery: [
        'Paused on battery',
        'It goes on by itself when the charger is connected, or at once if you say so.',
      ],
      byMetered: [
        'Paused on a metered connection',
        'It goes on by itself on another connection, or at once if you say so.',
      ],
    },
    noPlace: (places: number | null, seconds: number) => [
      'The run is full',
      `${places === null ? 'All its places are taken.' : takes(places)} A place may become free: ${seconds > 0 ? `trying again in ${seconds} s` : 'trying again now'}.`,
    ],
    crowded: (seconds: number) => [
      'Too many from your network',
      `As many browsers as the server takes from one network address take part already. Close a tab there, or ask the operator to allow more: ${seconds > 0 ? `trying again in ${seconds} s` : 'trying again now'}.`,
    ],
    lost: (seconds: number) => [
      'Connection lost',
      seconds > 0
        ? `Trying again in ${seconds} s. Your place and your examples are kept for a while.`
        : 'Trying again now. Your place and your examples are kept for a while.',
    ],
    stopped: ['Stopped', 'You have left the training. Everything you gave has been counted.'],
    finished: {
      rounds: ['Finished', 'All rounds are done. Thank you: this model is partly yours.'],
      target: ['Finished', 'The model reached its goal. Thank you: it is partly yours.'],
      stopped: ['Finished', 'The operator ended this run. Thank you: the model is partly yours.'],
      unknown: ['Finished', 'The run is over. Thank you: this model is partly yours.'],
    },
    failed: {
      NO_BACKEND: [
        'This browser cannot train this model',
        'None of its ways to compute can. A browser with WebGPU can.',
      ],
      BANNED: ['Excluded', 'The operator excluded this tab from the run.'],
      KICKED: ['Removed', 'The operator removed you from the run. You may join again.'],
      BACKEND_CANNOT_TRAIN: [
        'It cannot compute this way here',
        'The address of this page asks for one way to compute, and that one cannot train this model in this browser.',
      ],
      TOO_MANY_STRIKES: [
        'Excluded',
        'The server refused too much of what this browser sent. Reloading the page often helps.',
      ],
      RATE_LIMITED: [
        'Disconnected',
        'Far more came from this browser than the server takes. Reloading the page often helps.',
      ],
      REPLACED: [
        'At work in another tab',
        'This contributor goes on there. You may join from this tab as another one.',
      ],
      BYTES_LIMITED: [
        'Disconnected',
        'Far more came from this browser than its training takes. Reloading the page often helps.',
      ],
      INVITE_NEEDED: [
        'This training is by invitation',
        'Ask the operator for the link with the invite code, and open it in this browser.',
      ],
      INVITE_WRONG: [
        'This invitation is not good any more',
        'The operator has made another invite code. Ask for the new link, and open it in this browser.',
      ],
      RUN_FULL: ['The run is full', 'It has no place for another contributor.'],
      PROTOCOL_VERSION: [
        'This page is out of date',
        'The server speaks a newer language. Reload the page.',
      ],
      RUN_NOT_FOUND: ['The run is gone', 'The operator has deleted it.'],
      RUN_DAMAGED: [
        'The run is held up',
        'What the server has stored of it is damaged. The operator has to put back a backup first.',
      ],
      PAGE_PART_MISSING: [
        'A part of this page did not load',
        'The connection broke, or the server has been updated meanwhile. Reload the page.',
      ],
    } as Readonly<Record<string, readonly [string, string] | undefined>>,
    failedOther: (detail: string) => ['It does not work', detail],
    code: (code: string) => `Code: ${code}`,
    /** Refusals that are not final, by their code. */
    troubles: {
      RUN_FULL: 'the run was full.',
      TOO_MANY_FROM_ADDRESS: 'too many take part from this network address.',
      TOO_MANY_RETURNS: 'this browser came back too often in a short time.',
      ADDRESS_RATE_LIMITED: 'too much came from this network address at once.',
      TOO_MANY_NEWCOMERS: 'too many newcomers came from this address at once.',
    } as Readonly<Record<string, string | undefined>>,
    trouble: (detail: string) => `Trying again. What went wrong: ${detail}`,
  },
  next: {
    again: (name: string) => `“${name}” is being trained anew. Would you like to take part again?`,
    other: (name: string) => `“${name}” could use your help.`,
    join: 'Join it',
  },
  tryIt: {
    title: 'Try the model',
    lead: 'Draw a digit. The copy of the model in this tab reads it; the drawing stays here.',
    pad: 'Drawing area for a digit. With the keyboard, choose one of the examples below it.',
    clear: 'Clear',
    examples: 'Or take one',
    example: (digit: number) => `Example of a ${digit}`,
    hint: 'Draw here',
    empty: 'Nothing drawn yet.',
    loading: 'Your copy of the model is still on its way.',
    reads: (digit: number, share: string) => `It reads a ${digit} (${share}).`,
    unsure: (digit: number, share: string) => `It is not sure; most likely a ${digit} (${share}).`,
    at: (round: string) => `Your model at round ${round}.`,
    probability: (digit: number, share: string) => `${digit}: ${share}`,
    seen: 'What the model sees',
    missing: 'The drawing area did not load. Reload the page after the training to try the model.',
  },
  ways: {
    reload: 'Reload the page',
    anyBackend: 'Let the page choose',
    runs: 'See other runs',
    share: 'Copy the link',
    operator: 'Operator',
  },
} as const
