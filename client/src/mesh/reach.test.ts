import { describe, expect, it } from 'vitest'
import { reachOf, rtcConfiguration } from './reach.ts'

const stun = { urls: 'stun:stun.example.org' }
const turn = { urls: ['stun:a.example.org', 'turn:a.example.org'], username: 'u', credential: 'c' }
const turns = { urls: 'TURNS:b.example.org:443' }

describe('the way of votes to other volunteers', () => {
  it('is direct where nothing is hidden, whatever servers there are', () => {
    for (const iceServers of [[], [stun], [turn]]) {
      expect(reachOf({ hideAddress: false, webrtc: true, iceServers })).toBe('direct')
    }
  })

  it('is a TURN server for a hidden address, and the coordinator where there is none', () => {
    const hidden = { hideAddress: true, webrtc: true }
    expect(reachOf({ ...hidden, iceServers: [stun, turn] })).toBe('relay')
    expect(reachOf({ ...hidden, iceServers: [turns] })).toBe('relay')
    expect(reachOf({ ...hidden, iceServers: [stun] })).toBe('server')
    expect(reachOf({ ...hidden, iceServers: [] })).toBe('server')
  })

  it('is the coordinator without WebRTC', () => {
    for (const hideAddress of [true, false]) {
      expect(reachOf({ hideAddress, webrtc: false, iceServers: [turn] })).toBe('server')
    }
  })
})

describe('the configuration of WebRTC', () => {
  it('lets a hidden address gather relayed candidates only, even without a TURN server', () => {
    expect(rtcConfiguration([turn], true).iceTransportPolicy).toBe('relay')
    expect(rtcConfiguration([], true).iceTransportPolicy).toBe('relay')
    expect(rtcConfiguration([turn], false).iceTransportPolicy).toBe('all')
  })

  it('leaves out credentials that there are none of', () => {
    expect(rtcConfiguration([{ ...stun, username: undefined }, turn], false).iceServers).toEqual([
      stun,
      turn,
    ])
  })
})
