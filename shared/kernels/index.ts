export * from './tally'
