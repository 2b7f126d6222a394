/** The words of the tickets, loaded once: reasons, papers, names of limits; and the centres a ticket may go to. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ticketsApi, type Centre, type Word } from '@/api/tickets'
import { i18n } from '@/i18n'

export const useTicketWords = defineStore('ticketWords', () => {
  const lists = ref<Record<string, Word[]>>({})
  const centres = ref<Centre[]>([])
  let loading: Promise<void> | null = null

  /** Load once; a failed load is tried again by the next caller. */
  function load(): Promise<void> {
    loading ??= Promise.all([ticketsApi.codes(), ticketsApi.centres()]).then(
      ([words, places]) => {
        lists.value = words
        centres.value = places
      },
      (error: unknown) => {
        loading = null
        throw error
      },
    )
    return loading
  }

  /** The lists are written in lower case; on a page each word begins a line of its own. */
  const label = (word: Word): string => (i18n.global.locale.value === 'en' ? word.en.charAt(0).toUpperCase() + word.en.slice(1) : word.zh)

  /** The words for a code; what is no code (a paper written in by hand) stands for itself. */
  function name(list: string, code: string): string {
    const found = lists.value[list]?.find((word) => word.code === code)
    return found ? label(found) : code
  }

  /** A list as a choice; papers only those asked for this service. */
  function choice(list: string, service: string): { code: string; label: string }[] {
    return (lists.value[list] ?? [])
      .filter((word) => !word.services.length || word.services.includes(service))
      .map((word) => ({ code: word.code, label: label(word) }))
  }

  const centre = (id: unknown): string => centres.value.find((one) => one.id === id)?.name ?? String(id ?? '')
  return { lists, centres, load, name, choice, centre }
})
