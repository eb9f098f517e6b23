// Named instants of a repair, for crash tests; it is no lifecycle operation. Where one that rebuilds is cut short, the
// store refuses to open as it did before, or opens whole, and the next repair begins anew: what was set aside is asked
// again. In a store that opens, every thread is mended by one commit.

export const repairCrashPoints = [
  // All that it does to a store that does not open, in order.
  'repair.tombstones:after',
  'repair.unlink:after',
  'repair.aside:after',
  'repair.key:after',
  'repair.fill:after',
  'repair.anchor:after',
  'repair.publish:after',
  // And then, or at once, to one that does.
  'repair.take:after',
  'repair.quarantine:after',
  'repair.cut:after',
  'repair.adopt:after',
  'repair.sweep:after',
] as const

export type RepairCrashPoint = (typeof repairCrashPoints)[number]
