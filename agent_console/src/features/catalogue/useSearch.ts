/** Search while typing: the newest question wins, an older answer that comes late is dropped. */
import { onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import { knowledgeApi, type Entry, type Wish } from '@/api/knowledge'
import { ApiError } from '@/api/errors'

const TYPING_MS = 120

export function useSearch(wish: Ref<Wish>, limit: number) {
  const items = shallowRef<Entry[]>([])
  const next = ref<string | number | null>(null)
  const loading = ref(false)
  const error = ref<ApiError | null>(null)
  let run = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(more = false): Promise<void> {
    const mine = ++run
    loading.value = true
    try {
      const page = await knowledgeApi.search({ ...wish.value, limit, before: more ? next.value : '' })
      if (mine !== run) return
      items.value = more ? [...items.value, ...page.items] : page.items
      next.value = page.next ?? null
      error.value = null
    } catch (problem) {
      if (mine === run) error.value = ApiError.from(problem)
    } finally {
      if (mine === run) loading.value = false
    }
  }

  watch(wish, () => {
    clearTimeout(timer)
    timer = setTimeout(load, TYPING_MS)
  }, { deep: true })
  onBeforeUnmount(() => clearTimeout(timer))
  return { items, next, loading, error, load }
}
