/** The browser headset: whether I use one, and the password of this log-in (docs/protocol.md). */
import { request } from './client'

export type Device = 'phone' | 'headset'

export interface HeadsetState {
  enabled: boolean
  device: Device
  /** What the self-test dials. */
  echo: string
}

export interface Credentials {
  user: string
  password: string
  realm: string
  expires_in: number
}

export const headsetApi = {
  get: () => request<HeadsetState>('GET', '/api/headset'),
  choose: (device: Device) => request<HeadsetState>('PUT', '/api/headset', { device }),
  credentials: () => request<Credentials>('POST', '/api/headset/credentials', {}),
}
