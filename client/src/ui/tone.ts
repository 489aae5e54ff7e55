/** How something stands: at rest, well, at work, in need of attention, broken. */
export type Tone = 'calm' | 'good' | 'busy' | 'warn' | 'bad'
