import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { TrainingService } from './training/service.ts'

/** The figures of /metrics, in a registry of this app's own. */
export interface Telemetry {
  readonly connections: Gauge<'kind'>
  scrape(): Promise<{ contentType: string; text: string }>
  close(): void
}

export function createTelemetry(training: TrainingService): Telemetry {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const labelNames = ['run'] as const
  const count = (name: string, help: string) => new Counter({ name, help, labelNames, registers })
  const rounds = count('quorate_rounds_total', 'Rounds decided since the start of this process')
  const ballotBytes = count('quorate_ballot_bytes_total', 'Bytes of ballots sent by contributors')
  const tallyBytes = count('quorate_tally_bytes_total', 'Bytes of tallies received')
  const verdictBytes = count('quorate_verdict_bytes_total', 'Bytes of verdicts sent')
  const late = count('quorate_late_ballots_total', 'Ballots that came after their deadline')
  const duration = new Histogram({
    name: 'quorate_round_seconds',
    help: 'Time of a round',
    labelNames,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
    registers,
  })
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers })
  const voters = gauge('quorate_voters', 'Voters of the last round')
  const round = gauge('quorate_round', 'Rounds decided')
  const contributors = gauge('quorate_contributors', 'Contributors present')
  const accuracy = gauge('quorate_accuracy', 'Share of correct answers on the test set')
  const connections = new Gauge({
    name: 'quorate_connections',
    help: 'Open WebSockets',
    labelNames: ['kind'] as const,
    registers,
  })
  const unsubscribe = training.subscribe((message) => {
    if (message.type !== 'round') return
    const { run, metrics } = message
    rounds.inc({ run })
    ballotBytes.inc({ run }, metrics.ballotBytes)
    tallyBytes.inc({ run }, metrics.tallyBytes)
    verdictBytes.inc({ run }, metrics.verdictBytes * metrics.expected)
    late.inc({ run }, metrics.lateBallots)
    voters.set({ run }, metrics.voters)
    duration.observe({ run }, metrics.durationMs / 1000)
  })
  return {
    connections,
    async scrape() {
      for (const each of [round, contributors, accuracy]) each.reset()
      for (const run of training.runs()) {
        round.set({ run: run.id }, run.round)
        contributors.set({ run: run.id }, run.contributors)
        if (run.accuracy !== null) accuracy.set({ run: run.id }, run.accuracy)
      }
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
    close() {
      unsubscribe()
      registry.clear()
    },
  }
}
