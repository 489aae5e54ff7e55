import type { Checker } from './evidence.ts'

/** Neither blame nor an exclusion: to be told to wait, or that one is here twice. */
const HARMLESS: ReadonlySet<string> = new Set(['TOO_MANY_NEWCOMERS', 'RUN_FULL', 'REPLACED'])

/** Nobody honest is struck, excluded, or told that its replica is wrong. */
export const nobodyBlamed: Checker = ({ witness, players }) =>
  witness.complaints
    .filter(({ who, code }) => players[who]?.honest && !HARMLESS.has(code))
    .map(({ who, code, detail }) => `person ${who}: ${code}, ${detail}`)
