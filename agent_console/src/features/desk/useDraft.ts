/** A call's draft for a component: reactive fields and state, saved by `draft.ts`. */
import { onBeforeUnmount, onMounted, reactive, ref, watch } from 'vue'
import { api } from '@/api/endpoints'
import { Draft, type DraftState } from './draft'
import { complete } from './fields'

export function useDraft(callId: string) {
  const fields = reactive(complete(null))
  const state = ref<DraftState>({
    phase: 'loading', version: 0, savedAt: null, submittedAt: null, conflicts: [], merged: 0, error: null,
  })
  const draft = new Draft(
    {
      load: () => api.form(callId),
      save: (version, values) => api.saveForm(callId, version, values),
      submit: (version, values) => api.submitForm(callId, version, values),
    },
    {
      show: (next) => Object.assign(fields, next),
      state: (next) => (state.value = next),
    },
  )
  watch(fields, () => draft.edited(fields), { deep: true })

  function beforeUnload(event: BeforeUnloadEvent): void {
    if (!draft.unsaved) return
    void draft.flush()
    event.preventDefault()
  }
  onMounted(() => {
    window.addEventListener('beforeunload', beforeUnload)
    void draft.open()
  })
  onBeforeUnmount(() => {
    window.removeEventListener('beforeunload', beforeUnload)
    void draft.flush()
    draft.close()
  })
  return { fields, state, draft }
}
