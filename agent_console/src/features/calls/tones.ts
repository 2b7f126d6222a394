import type { Tone } from '@/features/status/states'

/** Colour of how a call ended: well, by the caller's own will, or by our fault. */
export const CAUSE_TONE: Readonly<Record<string, Tone>> = {
  completed: 'ready',
  abandoned: '',
  cancelled: '',
  queue_timeout: 'ring',
  callback_promised: 'ring',
  message_left: 'ring',
  rejected: 'ring',
  no_ack: 'danger',
  no_media: 'danger',
  rtp_timeout: 'danger',
  timeout_hold: 'danger',
  session_expired: 'danger',
  max_duration: 'ring',
  drained: 'ring',
  system_failure: 'danger',
  staff_menu: '',
  progress_told: '',
}
