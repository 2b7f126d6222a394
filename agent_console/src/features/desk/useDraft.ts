/** A call's draft for a component: reactive fields and state, saved by `draft.ts`; who else is on the form, by the feed. */
import { computed, onBeforeUnmount, onMounted, reactive, ref, watch } from 'vue'
import { formApi } from '@/api/forms'
import { useFeed } from '@/feed/store'
import { useSession } from '@/features/login/session'
import { Draft, START, type DraftState } from './draft'
import { useDesk } from './desk'
import { complete, type Field } from './fields'

/** Who looks says so again this often; the server lets go of whom it has not heard for 20 s. */
const SAY_EVERY = 6_000
const SAY_APART = 1_000

export function useDraft(callId: string) {
  const desk = useDesk()
  const feed = useFeed()
  const session = useSession()
  const fields = reactive(complete(null))
  const state = ref<DraftState>(START)
  const at = ref<Field | ''>('')
  const draft = new Draft(
    {
      load: () => formApi.load(callId),
      edit: (edits) => formApi.edit(callId, edits),
      submit: (version, values) => formApi.submit(callId, version, values),
    },
    {
      show: (next) => Object.assign(fields, next),
      state: (next) => (state.value = next),
    },
  )
  watch(fields, () => draft.edited(fields), { deep: true })

  const shared = computed(() => feed.forms.find((form) => form.call_id === callId) ?? null)
  const others = computed(() => (shared.value?.people ?? []).filter((one) => one.user_id !== String(session.me?.id ?? '')))
  watch(() => shared.value?.version ?? 0, (version) => void draft.refresh(version))

  let saidAt = 0
  let saying: ReturnType<typeof setTimeout> | undefined
  function say(): void {
    saidAt = Date.now()
    feed.say({ type: 'form', call_id: callId, field: at.value })
  }
  /** A held Tab key runs through thirty fields a second: only where it stops is told. */
  function saySoon(): void {
    clearTimeout(saying)
    saying = setTimeout(say, Math.max(150, saidAt + SAY_APART - Date.now()))
  }
  // The line is back: be seen again, save what was typed meanwhile, and take in what others wrote.
  watch(() => feed.live, (live) => {
    if (!live) return
    say()
    void draft.flush().then(() => draft.refresh(Number.MAX_SAFE_INTEGER))
  })
  watch(at, saySoon)

  function beforeUnload(event: BeforeUnloadEvent): void {
    if (!draft.unsaved) return
    void draft.flush()
    event.preventDefault()
  }
  const flush = (): Promise<void> => draft.flush()
  let timer: ReturnType<typeof setInterval> | undefined
  onMounted(() => {
    desk.saveForm = flush
    window.addEventListener('beforeunload', beforeUnload)
    timer = setInterval(say, SAY_EVERY)
    say()
    void draft.open()
  })
  onBeforeUnmount(() => {
    if (desk.saveForm === flush) desk.saveForm = null
    window.removeEventListener('beforeunload', beforeUnload)
    clearInterval(timer)
    clearTimeout(saying)
    feed.say({ type: 'form', call_id: '' })
    void draft.flush()
    draft.close()
  })
  return { fields, state, draft, others, at }
}
