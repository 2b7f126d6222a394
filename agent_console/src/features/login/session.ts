/** Who is logged in. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { request } from '@/api/client'
import { api } from '@/api/endpoints'
import { ApiError } from '@/api/errors'
import type { Me } from '@/api/types'
import { useFeed } from '@/feed/store'
import { setLocale } from '@/i18n'
import { AWAY_FROM_DESK, HAS_NOTICES } from '@/nav'

export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null)
  const demo = ref(false)
  /** Why the last session ended, to say it on the log-in page. */
  const lost = ref(false)

  async function entered(): Promise<void> {
    me.value = await api.me()
    lost.value = false
    if (!localStorage.getItem('hotline.locale') && me.value.language) setLocale(me.value.language)
    demo.value = me.value.demo ?? (await demoFromStatus())
    // What happens at the desk is not for everybody; the centres' feed only says that there are notices.
    if (!me.value.must_change && (HAS_NOTICES.includes(me.value.role) || !(me.value.role in AWAY_FROM_DESK))) useFeed().start(me.value.agent_id ?? null)
  }

  async function demoFromStatus(): Promise<boolean> {
    try {
      return Boolean((await api.status()).demo)
    } catch {
      return false
    }
  }

  async function login(username: string, password: string): Promise<void> {
    await api.login(username, password)
    await entered()
  }

  /** Choose a new password; after a one-time one the desk opens. */
  async function changePassword(current: string, fresh: string): Promise<void> {
    await request<unknown>('POST', '/api/me/password', { current, new: fresh })
    if (me.value?.must_change) await entered()
  }

  /** Use the cookie of an earlier visit. False when there is none (any more); throws when the server is away. */
  async function resume(): Promise<boolean> {
    try {
      await entered()
      return true
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return false
      throw error
    }
  }

  function forget(): void {
    me.value = null
    useFeed().stop()
  }

  async function logout(): Promise<void> {
    try {
      await api.logout()
    } finally {
      forget()
      lost.value = false
    }
  }

  return { me, demo, lost, login, changePassword, resume, logout, forget }
})
