/** Which call is on my desk: the one I hold, or the one I am writing up. */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { same, useFeed } from '@/feed/store'
import type { Hints } from '@/api/forms'
import type { Call } from '@/feed/types'

export const useDesk = defineStore('desk', () => {
  const feed = useFeed()
  /** The last call I had, for wrap-up: routing may already have let go of it. */
  const lastId = ref<string | null>(null)
  /** What the desk last saw of it: the board forgets a call 60 s after its end. */
  const lastSeen = ref<Call | null>(null)
  const categoryWanted = ref(0)
  /** The form of the call on the desk is handed in: nothing keeps wrap-up open. */
  const formDone = ref(false)
  /** Saves what stands in the form: a transfer is checked for conflicts of interest against what the server has. */
  const saveForm = ref<(() => Promise<void>) | null>(null)
  /** Category and region of the form, for the transfer. */
  const matter = ref({ category: '', region: '' })

  /** Risk flags ticked in the form: danger to life asks at once. */
  const riskFlags = ref<string[]>([])
  /** What the form says back: wording stands beside it. */
  const hints = ref<Hints | null>(null)

  const state = computed(() => feed.me?.state ?? null)
  const working = computed(() => state.value !== null && ['reserved', 'ringing', 'on_call', 'wrap_up'].includes(state.value))

  const callId = computed<string | null>(() => {
    if (feed.me?.call_id) return feed.me.call_id
    if (state.value !== 'wrap_up') return null
    if (lastId.value) return lastId.value
    const mine = feed.calls.filter((call) => same(call.agent_id, feed.agentId)).sort((a, b) => b.arrived_at - a.arrived_at)
    return mine[0]?.call_id ?? null
  })

  const call = computed<Call | null>(() => {
    const id = callId.value
    if (!id) return null
    return feed.calls.find((one) => one.call_id === id) ?? (lastSeen.value?.call_id === id ? lastSeen.value : null)
  })

  const offer = computed(() => feed.offers[0] ?? null)

  watch(callId, (id) => {
    if (id) lastId.value = id
  }, { immediate: true })
  watch(call, (now) => {
    if (now) lastSeen.value = now
  }, { immediate: true })

  return {
    state, working, callId, call, offer, lastId, matter, categoryWanted, formDone, saveForm, riskFlags, hints,
    /** Bring the category search to the fore (a transfer needs a category). */
    askCategory: () => (categoryWanted.value += 1),
  }
})
