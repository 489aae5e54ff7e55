/** Runs asynchronous tasks one after the other, in the order they were given. */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve()

  /** Resolves or rejects as `task` does; a task that fails does not stop those behind it. */
  run<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(task)
    this.#last = result.then(nothing, nothing)
    return result
  }
}

function nothing(): void {
  // The caller of the task sees its outcome.
}
