/** The form's fields: their empty values, how two are compared, what is compulsory. Pure. */
import type { Fields } from '@/api/types'

export type Field = keyof Fields

export const BLANK: Readonly<Fields> = {
  caller_name: '',
  identity_refused: false,
  caller_number: '',
  matter_region: '',
  category: '',
  service_type: '',
  caller_groups: [],
  risk_flags: [],
  opposing_party: '',
  facts: '',
  request: '',
  advice: '',
  disposition: '',
  next_step: '',
  id_number: '',
  address: '',
}

export const FIELDS = Object.keys(BLANK) as Field[]

/** A whole set of fields out of what the server gave; unknown keys are dropped. */
export function complete(given: Partial<Fields> | null | undefined): Fields {
  const out: Record<string, unknown> = {}
  for (const field of FIELDS) {
    const value = given?.[field] ?? BLANK[field]
    out[field] = Array.isArray(value) ? [...value] : value
  }
  return out as unknown as Fields
}

export function equal(a: Fields[Field], b: Fields[Field]): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && [...a].sort().join() === [...b].sort().join()
  return a === b
}

export function equalAll(a: Fields, b: Fields): boolean {
  return FIELDS.every((field) => equal(a[field], b[field]))
}

/** Callers who broke off, harassed or misdialled: only what happened and about what. */
const SHORT = new Set(['D09', 'D11', 'D12'])

/** What is compulsory with this disposition; `caller_name` stands for "a name, or refused". */
export function required(disposition: string): readonly Field[] {
  return SHORT.has(disposition)
    ? ['disposition', 'category']
    : ['caller_name', 'matter_region', 'category', 'service_type', 'facts', 'disposition']
}

export function missing(fields: Fields): Field[] {
  return required(fields.disposition).filter((field) =>
    field === 'caller_name' ? !fields.caller_name.trim() && !fields.identity_refused : !String(fields[field]).trim(),
  )
}
