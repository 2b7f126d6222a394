/** A paged list with a state to choose and words to search for: loads at once, again on each change, and while typing only after
 *  a short rest. */
import { onMounted, ref, watch } from 'vue'
import type { Page } from '@/api/types'
import { usePaged } from './usePaged'

const PAGE = 50
const TYPING_MS = 300

export interface Filter {
  state: string
  q: string
  limit: number
  before: string | number | null
}

export function useFiltered<T>(fetchPage: (filter: Filter) => Promise<Page<T>>, first = '') {
  const state = ref(first)
  const q = ref('')
  const list = usePaged<T>((before) => fetchPage({ state: state.value, q: q.value.trim(), limit: PAGE, before }))
  let timer: ReturnType<typeof setTimeout> | undefined

  onMounted(list.reload)
  watch(state, list.reload)
  watch(q, () => {
    clearTimeout(timer)
    timer = setTimeout(list.reload, TYPING_MS)
  })
  return { state, q, list }
}
