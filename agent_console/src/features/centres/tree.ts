/** The tree of centres as lines, top first; a line is shown when all above it are open. */
import type { CentreRow } from '@/api/centres'

export interface Line {
  row: CentreRow
  depth: number
  below: number
  /** Open tickets of it and all below. */
  tickets: number
}

/** `open`: ids whose children are shown. A search shows what fits with everything above it. */
export function linesOf(rows: readonly CentreRow[], open: ReadonlySet<string>, q: string): Line[] {
  const known = new Set(rows.map((row) => row.id))
  const children = new Map<string, CentreRow[]>()
  for (const row of rows) {
    const at = row.parent_id && known.has(row.parent_id) ? row.parent_id : ''
    children.set(at, [...(children.get(at) ?? []), row])
  }
  const wanted = q.trim()
  const seen = new Set<string>()
  const fits = (row: CentreRow): boolean => !wanted || row.name.includes(wanted) || row.staff.some((one) => one.name.includes(wanted))

  function below(row: CentreRow, depth: number): { lines: Line[]; fit: boolean; tickets: number; count: number } {
    seen.add(row.id)
    const parts = (children.get(row.id) ?? []).filter((one) => !seen.has(one.id)).map((one) => below(one, depth + 1))
    const fit = fits(row) || parts.some((part) => part.fit)
    const tickets = row.open_tickets + parts.reduce((sum, part) => sum + part.tickets, 0)
    const count = parts.reduce((sum, part) => sum + part.count + 1, 0)
    const shown = wanted ? parts.filter((part) => part.fit) : open.has(row.id) ? parts : []
    return { lines: [{ row, depth, below: count, tickets }, ...shown.flatMap((part) => part.lines)], fit, tickets, count }
  }

  return (children.get('') ?? []).map((row) => below(row, 0)).filter((part) => part.fit).flatMap((part) => part.lines)
}
