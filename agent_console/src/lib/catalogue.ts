/** The code lists, loaded once, with names in the language shown. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from '@/api/endpoints'
import type { Catalogue, Coded } from '@/api/types'
import { i18n } from '@/i18n'

const EMPTY: Catalogue = {
  categories: [], service_types: [], caller_groups: [], dispositions: [], handover_results: [], risk_flags: [], regions: [], languages: [],
  pause_reasons: [], rating_keys: [], skills: [], sexes: [], age_bands: [], relations: [], stages: [], legal_aid_answers: [], not_accepted: [], notice_ways: [], key_events: [],
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

  /** A queue's name: queues are called after skill groups; a bureau's own keep the name they have. */
  const queue = (code: string | null | undefined): string => name('skills', code)

  /** A region below its county: `江北区 白沙镇`. */
  function regionPath(entry: Coded): string {
    const parent = entry.parent ? index.value.get(`regions/${entry.parent}`) : undefined
    return parent?.parent ? `${regionPath(parent)} ${label(entry)}` : label(entry)
  }

  function region(code: string | null | undefined): string {
    const entry = code ? index.value.get(`regions/${code}`) : undefined
    return entry ? regionPath(entry) : (code ?? '')
  }

  return { lists, load, label, name, queue, region, regionPath }
})
