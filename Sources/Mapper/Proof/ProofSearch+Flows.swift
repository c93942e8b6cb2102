internal import Ops

extension ProofSearch {
  /// How far the flows are followed from the array level outwards.
  struct Followed {
    /// Of each flow, passes of loops that leave its tensor in place.
    var runs = PerLevel<Double>(repeating: 1)
    /// Flows (bits) that have words that no loop has moved yet, and those of which some have.
    var open: UInt16 = 0
    var blurred: UInt16 = 0
    /// Of each flow, the share of words that no loop has moved yet, and the dimensions (bits) that say
    /// which.
    var share = PerLevel<Double>(repeating: 1)
    var split = PerLevel<UInt8>(repeating: 0)
    var traffic = Traffic()
    /// What each of the first two flows moves at least, since loops that leave it in place begin again.
    var restarted = (Traffic(), Traffic())
  }

  /// Traffic of what stays over all loops.
  @inline(__always)
  func staying(_ followed: Followed) -> Traffic {
    var traffic = Traffic()
    var rest = followed.open
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      traffic += least(index, followed) * followed.share[index]
      rest &= rest - 1
    }
    return traffic
  }

  /// Follows the flows through the loops of one level, from the inside out.
  @inline(__always)
  func pass(_ order: LoopOrder, _ level: Int, _ followed: inout Followed) {
    var number = 0
    let count = order.count
    while number < count {
      pass(order, number, level, &followed, timed: true)
      number += 1
    }
  }

  /// Follows the flows through one loop of a level, when all inside of it are passed.
  ///
  /// - Parameter timed: whether the time at ports counts, or energy alone.
  @inline(__always)
  func pass(
    _ order: LoopOrder, _ number: Int, _ level: Int, _ followed: inout Followed, timed: Bool
  ) {
    let active = scratch.active[level]
    let dimension = order[number]
    let chain = scratch.chains + dimension
    let moved = scratch.moved[dimension]
    var still = followed.open & active & ~moved
    if still != 0 {
      let runs = chain.pointee.runs[level]
      while still != 0 {
        let index = still.trailingZeroBitCount
        still &= still - 1
        if chain.pointee.idleShare > 0, index < 2, level == context.arrayLevel {
          restart(index, chain.pointee.idleShare, &followed)
        }
        followed.runs[index] *= runs
      }
    }
    var moving = followed.open & active & moved
    if moving == 0 { return }
    let isClean = chain.pointee.clean & (UInt16(1) << UInt16(level)) != 0
    if isClean { followed.open &= ~moving }
    while moving != 0 {
      let index = moving.trailingZeroBitCount
      moving &= moving - 1
      let flow = scratch.flows + index
      let isUnmixed = followed.blurred & (1 << UInt16(index)) == 0
      var (words, sweeps) = (flow.pointee.moving, 0.0)
      if flow.pointee.role == .input, isUnmixed {
        (words, sweeps) = InputSweep(
          context: context, chains: UnsafePointer(scratch.chains), flow: flow,
          dimension: dimension, level: level, isClean: isClean
        ).moved(order, outside: number + 1)
      }
      var weight = followed.share[index]
      if !isClean {
        followed.blurred |= 1 << UInt16(index)
        if flow.pointee.role == .input, context.isInWindow(dimension) {
          // What begins afresh counts, and nothing else.
          if sweeps < 0.5 { continue }
          followed.open &= ~(1 << UInt16(index))
        } else {
          weight = firstMoved(dimension, level, index, &followed)
          if weight == 0 { continue }
        }
      }
      let run = 1 / followed.runs[index]
      let least = least(index, followed)
      // What saves energy saves no more where it happens less often.
      let energy = words.picojoules > 0 ? words.picojoules * run : words.picojoules
      followed.traffic.picojoules += weight * max(least.picojoules, energy)
      if timed {
        followed.traffic.ports += weight * larger(least.ports, words.ports * run)
      }
    }
  }

  /// Counts what an operand moves each time that a loop begins again which leaves it in place, but not in
  /// children that had nothing to do in the last pass: those get it anew, by an access that serves all.
  ///
  /// - Parameter idleShare: the passes that begin again so, of all.
  private func restart(_ index: Int, _ idleShare: Double, _ followed: inout Followed) {
    let again = scratch.flows[index].served * (idleShare / followed.runs[index])
    if index == 0 {
      followed.restarted.0 = Traffic.most(followed.restarted.0, again)
    } else {
      followed.restarted.1 = Traffic.most(followed.restarted.1, again)
    }
  }

  /// What moves of a flow in any case.
  @inline(__always)
  func least(_ index: Int, _ followed: Followed) -> Traffic {
    let staying = scratch.flows[index].staying
    switch index {
    case 0: return Traffic.most(staying, followed.restarted.0)
    case 1: return Traffic.most(staying, followed.restarted.1)
    default: return staying
    }
  }

  /// The share of a flow's words, of all, that a loop is the first to move which has one pass in tiles
  /// at the border: there, words stay for what is outside of it.
  ///
  /// They are a share of each tensor whose words along the dimension are its indices; of shares by
  /// other dimensions they have the same part, but nothing is known of two loops of one dimension.
  @inline(__always)
  private func firstMoved(
    _ dimension: Int, _ level: Int, _ index: Int, _ followed: inout Followed
  ) -> Double {
    let bit = UInt8(1) << UInt8(dimension)
    let role = scratch.flows[index].role
    guard followed.split[index] & bit == 0, context.isSimple(role, dimension) else { return 0 }
    followed.split[index] |= bit
    let share = followed.share[index]
    let rest = scratch.chains[dimension].onePassShare[level]
    followed.share[index] = share * rest
    return share * (1 - rest)
  }
}
