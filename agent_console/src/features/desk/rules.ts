/** What the form wants, as the server says it; asked once, and again by the next form when it did not come. */
import { shallowRef, type ShallowRef } from 'vue'
import { formApi, type FormRules } from '@/api/forms'
import { NO_RULES } from './fields'

const rules = shallowRef<FormRules>(NO_RULES)
let loading: Promise<void> | null = null

export function useRules(): ShallowRef<FormRules> {
  loading ??= formApi.rules().then(
    (got) => void (rules.value = got),
    () => void (loading = null), // the server checks on submitting all the same
  )
  return rules
}
