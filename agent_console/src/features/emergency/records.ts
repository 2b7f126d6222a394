/** Tones of emergencies on record. */
export const STATE_TONE: Readonly<Record<string, string>> = { raised: 'danger', acknowledged: 'ring', dispatched: 'call', closed: 'ready' }
