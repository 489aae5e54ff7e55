import type { Checker } from './evidence.ts'

/** Neither blame nor an exclusion: to be told to wait, or that one is here twice. */
const HARMLESS: ReadonlySet<string> = new Set(['TOO_MANY_NEWCOMERS', 'RUN_FULL', 'REPLACED'])
/** Harmless where it may be tried again: a page that stood still had no time for its hello. */
const TOO_LATE = 'HELLO_MISSING'

/** Nobody honest is struck, excluded, or told that its replica is wrong. */
export const nobodyBlamed: Checker = ({ witness, players }) =>
  witness.complaints
    .filter(({ who }) => players[who]?.honest)
    .filter(({ code, fatal }) => !HARMLESS.has(code) && (fatal || code !== TOO_LATE))
    .map(({ who, code, detail }) => `person ${who}: ${code}, ${detail}`)
