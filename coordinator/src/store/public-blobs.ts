/** Which blobs anyone may download: chunks and checkpoints of runs, never a method's state. */
export interface PublicBlobs {
  /** Null: no run shows a blob of this digest. */
  publicBlob(digest: string): Promise<PublicBlob | null>
}

export interface PublicBlob {
  readonly kind: 'chunk' | 'checkpoint'
}
