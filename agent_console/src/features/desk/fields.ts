/** The form's fields: their empty values, how two are compared, what is compulsory (the server's rules). Pure. */
import type { FormRules } from '@/api/forms'
import type { Fields, KeyDate } from '@/api/types'

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
  handover_result: '',
  id_number: '',
  address: '',
  caller_region: '',
  sex: '',
  age_band: '',
  language: '',
  occupation: '',
  relation: '',
  stage: '',
  law_cited: '',
  key_dates: [],
  legal_aid: '',
  not_accepted: '',
  applies: false,
  missing_materials: [],
  notice_given: [],
}

export const FIELDS = Object.keys(BLANK) as Field[]
/** Written freely: in a conflict both may be kept, one after the other. */
export const FREE: ReadonlySet<Field> = new Set(['facts', 'request', 'advice', 'next_step'])

/** A whole set of fields out of what the server gave; unknown keys are dropped. */
export function complete(given: Partial<Fields> | null | undefined): Fields {
  const out: Record<string, unknown> = {}
  for (const field of FIELDS) out[field] = copy(given?.[field] ?? BLANK[field])
  return out as unknown as Fields
}

export function copy<T>(value: T): T {
  return Array.isArray(value) ? (value.map((one: unknown) => (one && typeof one === 'object' ? { ...one } : one)) as T) : value
}

/** Whether two values mean the same to the server: it trims texts, sorts nothing into them, and leaves half-typed dates out. */
export function equal(a: Fields[Field], b: Fields[Field]): boolean {
  return canonical(a) === canonical(b)
}

function canonical(value: Fields[Field]): string {
  if (typeof value === 'string') return value.replace(/\r\n?/g, '\n').trim()
  if (typeof value === 'boolean') return value ? '1' : ''
  return (value as (string | KeyDate)[])
    .map((one) => (typeof one === 'string' ? one.trim() : one.event && one.date ? `${one.event}=${one.date}` : ''))
    .filter(Boolean)
    .sort()
    .join('\n')
}

export function equalAll(a: Fields, b: Fields): boolean {
  return FIELDS.every((field) => equal(a[field], b[field]))
}

/** Until the server's rules have come: they ask for nothing, and the server checks again on submitting. */
export const NO_RULES: FormRules = { required: [], short: [], short_dispositions: [], more: {}, private: {}, limits: {}, materials: [] }

/** What is compulsory as the form stands; `caller_name` stands for "a name, or refused". `aid`: legal aid must be spoken of. */
export function required(fields: Fields, rules: FormRules, aid = false): Field[] {
  const short = rules.short_dispositions.includes(fields.disposition)
  const found = [...(short ? rules.short : rules.required), ...(rules.more[fields.disposition] ?? [])]
  if (fields.missing_materials.length) found.push('notice_given')
  if (aid && !short) found.push('legal_aid')
  return [...new Set(found)] as Field[]
}

export function missing(fields: Fields, rules: FormRules, aid = false): Field[] {
  return required(fields, rules, aid).filter((field) =>
    field === 'caller_name' ? !fields.caller_name.trim() && !fields.identity_refused : canonical(fields[field]) === '',
  )
}

/** Whether a sensitive field may be asked for: only when a service is applied for, or with such a disposition. */
export function asked(field: Field, fields: Fields, rules: FormRules): boolean {
  const when = rules.private[field]
  return !when || fields.applies || when.includes(fields.disposition)
}

/** What is handed in: sensitive fields that are not to be asked for go. */
export function handedIn(fields: Fields, rules: FormRules): Fields {
  const out = complete(fields)
  for (const field of Object.keys(rules.private) as Field[]) {
    if (!asked(field, fields, rules)) (out as unknown as Record<string, unknown>)[field] = BLANK[field]
  }
  return out
}
