internal import Accelerators
internal import Ops

extension PipelineFigures {
  /// What a report says of a pipeline, as one object.
  ///
  /// - Parameters:
  ///   - listsStages: Whether stages and buffers are listed.
  ///   - findsLeast: Whether the least depths that keep the interval were looked for.
  ///   - least: Them; `nil` for a pipeline that is too large to run.
  func json(listsStages: Bool, findsLeast: Bool, least: LeastDepths?) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("clock_mhz", .number(clockMegahertz)),
      .init("interval_cycles", .integer(intervalCycles)),
      .init("interval_proven", .bool(isIntervalProven)),
      .init("first_output_cycles", .optional(firstOutputCycles)),
      .init("latency_cycles", .integer(latencyCycles)),
      .init("images_per_second", .rounded(imagesPerSecond)), .init("bound_by", .string(boundBy)),
      .init("tokens", .optional(tokens?.rawValue)),
      .init("energy_low_mj", .rounded(energyMillijoules?.lowerBound)),
      .init("energy_high_mj", .rounded(energyMillijoules?.upperBound)),
      .init("resources", resources.map(\.json) ?? nil),
    ]
    if listsStages {
      members.append(.init("stages", .array(stages.map(\.json))))
      let buffers = buffers?.figures ?? []
      members.append(
        .init(
          "buffers",
          .array(
            buffers.enumerated().map { index, buffer in
              buffer.json(leastDepth: least.map { Int64($0.depths[index]) })
            })))
    }
    if findsLeast {
      members.append(.init("least_buffer_bits", .optional(least?.total)))
      members.append(.init("least_buffer_bits_lower_bound", .optional(least?.lowerBound)))
      members.append(.init("least_buffer_bits_proven", least.map { .bool($0.isProven) } ?? nil))
    }
    return .object(members)
  }
}

extension StageFigures {
  fileprivate var json: JSONValue {
    [
      "name": .string(name), "cycles": .integer(cycles), "memory_cycles": .integer(memoryCycles),
      "starved_cycles": .integer(starvedCycles), "blocked_cycles": .integer(blockedCycles),
    ]
  }
}

extension BufferFigures {
  fileprivate func json(leastDepth: Int64?) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("from", .string(from)), .init("to", .string(to)),
      .init("depth", .optional(depth.map(Int64.init))),
      .init("sufficient_depth", .integer(Int64(sufficientDepth))),
    ]
    if let leastDepth {
      members.append(.init("least_depth", .integer(leastDepth)))
      members.append(.init("token_bits", .integer(tokenBits)))
    }
    return .object(members)
  }
}

extension ResourceReport {
  fileprivate var json: JSONValue {
    [
      "low": total.low.json, "high": total.high.json, "budget": budget.json,
      "provenance": .string(provenance),
      "unknown": .array(unknown.map { .string($0.name) }),
      "over_budget": .array(
        excesses.map {
          [
            "resource": .string($0.resource.name), "by": .integer($0.amount),
            "stage": .string($0.stage),
          ]
        }),
    ]
  }
}

extension FPGAResources {
  /// The counts by the names of hardware files.
  var json: JSONValue {
    .object(FPGAResource.allCases.map { .init($0.name, .integer(self[$0])) })
  }
}

extension Board {
  /// What `describe` says of a board.
  var members: [JSONValue.Member] {
    [
      .init("kind", "fpga-board"), .init("part", .string(part)),
      .init("family", .string(family.rawValue)), .init("clock_mhz", .number(clockMegahertz)),
      .init("resources", resources.json), .init("usable", .number(usableShare)),
      .init("memory_bytes_per_second", .number(memoryBytesPerSecond)),
      .init("memory_efficiency", .number(memoryEfficiency)),
      .init(
        "disagreements",
        .array(
          disagreements.map {
            ["of": .string($0.of), "says": .string($0.says), "source": .string($0.source)]
          })),
      .init(
        "sources",
        .object(
          sources.sorted { $0.key < $1.key }.map {
            .init($0.key, .string($0.value))
          })),
      .init("provenance", .object(provenance.members)),
    ]
  }
}

extension PipelineDesign {
  /// What `describe` says of a design.
  var members: [JSONValue.Member] {
    [
      .init("kind", "pipeline"), .init("board", .string(board.name)),
      .init("clock_mhz", .number(clockMegahertz)),
      .init("weight_bits", .integer(Int64(precision.weightBits))),
      .init("activation_bits", .integer(Int64(precision.activationBits))),
      .init("accumulator_bits", .integer(Int64(precision.accumulatorBits))),
      .init("style", .string(style.rawValue)), .init("compose", .string(composition.rawValue)),
      .init("engines", .array(engines.map(\.json))),
      .init(
        "sources",
        .object(
          sources.sorted { $0.key < $1.key }.map {
            .init($0.key, .string($0.value))
          })),
      .init("provenance", .object(provenance.members)),
    ]
  }
}

extension Engine {
  fileprivate var json: JSONValue {
    [
      "name": .string(name),
      "ops": .array(OpKind.allCases.filter { ops.contains($0) }.map { .string($0.rawValue) }),
      "lanes": .integer(lanes), "interval_cycles": .integer(intervalCycles),
      "overhead_cycles": .integer(overheadCycles),
    ]
  }
}

extension [String: Provenance] {
  /// Where each number comes from, by key path.
  fileprivate var members: [JSONValue.Member] {
    sorted { $0.key < $1.key }.map { path, provenance in
      switch provenance {
      case .source(let key): .init(path, .string(key))
      case .assumed(let reason): .init(path, .string("assumed: \(reason)"))
      }
    }
  }
}
