/** Two people saved the same form: three-way merge by field. Pure. */
import type { Fields } from '@/api/types'
import { FIELDS, equal, type Field } from './fields'

export interface Conflict {
  field: Field
  mine: Fields[Field]
  theirs: Fields[Field]
}

export interface Merged {
  fields: Fields
  /** Fields both sides changed, differently; `fields` keeps mine until a person decides. */
  conflicts: Conflict[]
  /** Fields taken over from the other side. */
  taken: Field[]
}

/** `base` is what I last had from the server, `mine` what stands on my screen, `theirs` what the server has now. */
export function merge(base: Fields, mine: Fields, theirs: Fields): Merged {
  const fields: Record<string, unknown> = { ...mine }
  const conflicts: Conflict[] = []
  const taken: Field[] = []
  for (const field of FIELDS) {
    if (equal(mine[field], theirs[field]) || equal(theirs[field], base[field])) continue
    if (equal(mine[field], base[field])) {
      fields[field] = theirs[field]
      taken.push(field)
    } else {
      conflicts.push({ field, mine: mine[field], theirs: theirs[field] })
    }
  }
  return { fields: fields as unknown as Fields, conflicts, taken }
}
