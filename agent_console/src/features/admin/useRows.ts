/** What a page shows, read at once and again on wish; an error keeps what was there. */
import { onMounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { ApiError } from '@/api/errors'

export interface Rows<T> {
  data: ShallowRef<T>
  loading: Ref<boolean>
  error: Ref<ApiError | null>
  reload: () => Promise<void>
}

export function useRows<T>(read: () => Promise<T>, empty: T): Rows<T> {
  const data = shallowRef<T>(empty) as ShallowRef<T>
  const loading = ref(true)
  const error = ref<ApiError | null>(null)

  async function reload(): Promise<void> {
    loading.value = true
    try {
      data.value = await read()
      error.value = null
    } catch (problem) {
      error.value = ApiError.from(problem)
    } finally {
      loading.value = false
    }
  }

  onMounted(reload)
  return { data, loading, error, reload }
}
