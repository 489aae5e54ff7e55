/** What `?backend=` and `?batch=` of the page's address force, for tests and the curious. */
export function forcedBy(search: string): { backend: string | null; batch: number | null } {
  const query = new URLSearchParams(search)
  const batch = Number(query.get('batch'))
  return {
    backend: query.get('backend'),
    batch: Number.isInteger(batch) && batch >= 1 ? batch : null,
  }
}
