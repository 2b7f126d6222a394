/** What every field of the form wants to know, given once by the form. */
import { inject, type ComputedRef, type InjectionKey } from 'vue'
import type { Field } from './fields'

export interface FormContext {
  must: ComputedRef<ReadonlySet<Field>>
  red(field: Field): boolean
  /** Why the server does not keep the value; empty when it does. */
  reason(field: Field): string
  /** Names of those whose cursor is in the field. */
  people(field: Field): string[]
  /** The value has just come from somebody else. */
  fresh(field: Field): boolean
}

export const FORM: InjectionKey<FormContext> = Symbol('form')

export function useForm(): FormContext {
  const found = inject(FORM)
  if (!found) throw new Error('a field stands outside its form')
  return found
}
