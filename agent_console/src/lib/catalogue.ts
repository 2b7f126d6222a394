/** The code lists, loaded once, with names in the language shown. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from '@/api/endpoints'
import type { Catalogue, Coded } from '@/api/types'
import { i18n } from '@/i18n'

const EMPTY: Catalogue = {
  categories: [], service_types: [], caller_groups: [], dispositions: [], risk_flags: [], regions: [], languages: [],
  pause_reasons: [], rating_keys: [],
}

export const useCatalogue = defineStore('catalogue', () => {
  const locale = i18n.global.locale
  const lists = ref<Catalogue>(EMPTY)
  let loading: Promise<void> | null = null

  /** Load once; a failed load is tried again by the next caller. */
  function load(): Promise<void> {
    loading ??= api.catalogue().then(
      (got) => {
        lists.value = { ...EMPTY, ...got }
      },
      (error: unknown) => {
        loading = null
        throw error
      },
    )
    return loading
  }

  const index = computed(() => {
    const found = new Map<string, Coded>()
    for (const [list, entries] of Object.entries(lists.value)) {
      for (const entry of entries as Coded[]) found.set(`${list}/${entry.code}`, entry)
    }
    return found
  })

  const label = (entry: Coded): string => (locale.value === 'en' ? entry.en || entry.zh : entry.zh || entry.en)

  /** The name of a code; the code itself while it is unknown. */
  function name(list: keyof Catalogue, code: string | number | null | undefined): string {
    if (code === null || code === undefined || code === '') return ''
    const entry = index.value.get(`${list}/${code}`)
    return entry ? label(entry) : String(code)
  }

  return { lists, load, label, name }
})
