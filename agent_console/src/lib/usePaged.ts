/** A list that loads a page at a time: newest first, "more" at the end. */
import { ref, shallowRef } from 'vue'
import { ApiError } from '@/api/errors'
import type { Page } from '@/api/types'

export function usePaged<T>(fetchPage: (before: string | number | null) => Promise<Page<T>>) {
  const items = shallowRef<T[]>([])
  const next = ref<string | number | null>(null)
  const loading = ref(false)
  const loaded = ref(false)
  const error = ref<ApiError | null>(null)
  let run = 0

  async function load(more: boolean): Promise<void> {
    const mine = ++run // a filter changed meanwhile makes this answer worthless
    loading.value = true
    error.value = null
    try {
      const page = await fetchPage(more ? next.value : null)
      if (mine !== run) return
      items.value = more ? [...items.value, ...page.items] : page.items
      next.value = page.next ?? null
      loaded.value = true
    } catch (problem) {
      if (mine === run) error.value = ApiError.from(problem)
    } finally {
      if (mine === run) loading.value = false
    }
  }

  return { items, next, loading, loaded, error, reload: () => load(false), more: () => load(true) }
}
