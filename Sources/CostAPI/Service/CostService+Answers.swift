internal import Accelerators
internal import Networks

extension CostService {
  /// The members of the answer to a request.
  func answer(_ request: ServiceRequest) throws(CostAPIError) -> [JSONValue.Member] {
    switch request {
    case .version:
      return [
        .init("hwcost", .string(Release.version)), .init("model", .integer(Release.modelVersion)),
      ]
    case .targets:
      let targets = catalog.targets.map { target -> JSONValue in
        ["name": .string(target.name), "file": .string(target.path)]
      }
      return [.init("targets", .array(targets))]
    case .spaces:
      let spaces = SearchSpaces.all.map { space -> JSONValue in
        [
          "name": .string(space.name),
          "choices": .array(space.choiceCounts.map { .integer(Int64($0)) }),
          "indices": .optional(space.indexedCount.map(Int64.init)),
          "text": .string(space.textForm),
        ]
      }
      return [.init("spaces", .array(spaces))]
    case .cost(let question): return try costs(question)
    case .map(let question): return try map(question)
    case .table(let question):
      guard case .object(let members) = try table(question).json else { return [] }
      return members
    case .members(let space, let texts): return try members(space, texts)
    case .texts(let space, let rows): return try texts(space, rows)
    case .blocks(let question): return try blocks(question)
    case .batch(let question, let rows):
      let table = try table(question)
      let costs: [[Double]]
      do throws(CostTableError) {
        costs = try table.costs(of: rows)
      } catch {
        throw .request(error.message, hint: nil)
      }
      return [
        .init("columns", .array(table.columnNames.map { .string($0) })),
        .init("costs", .array(costs.map { .array($0.map { .rounded($0) }) })),
      ]
    }
  }

  private func members(
    _ name: String, _ texts: [String]?
  ) throws(CostAPIError) -> [JSONValue.Member] {
    let reader = try reader(name)
    var members: [Architecture] = []
    if let texts {
      for text in texts { members.append(try reader.architecture(text)) }
    } else {
      members = try reader.everyArchitecture()
    }
    let rows = members.map { member in
      JSONValue.array(member.choices.map { .integer(Int64($0)) })
    }
    return [.init("choices", .array(rows))]
  }

  private func texts(
    _ name: String, _ rows: [[Int]]
  ) throws(CostAPIError) -> [JSONValue.Member] {
    let space = try reader(name).space
    var texts: [JSONValue] = []
    for row in rows {
      do throws(ChoicesError) {
        texts.append(.string(space.text(of: try space.architecture(choices: row))))
      } catch {
        throw .request(error.message, hint: nil)
      }
    }
    return [.init("texts", .array(texts))]
  }

  /// The keys of a space's blocks; with targets, also what each block costs.
  private func blocks(_ question: ServiceRequest.Table) throws(CostAPIError) -> [JSONValue.Member] {
    let space = try reader(question.space).space
    guard let shapes = space.blockShapes else {
      throw .request("\(space.name) is not made of blocks that have keys", hint: nil)
    }
    let terms = shapes.terms.map { term -> JSONValue in
      let names = term.blocks.map { JSONValue.optional($0?.hwNASBenchKey) }
      return [
        "variables": .array(term.variables.map { .integer(Int64($0)) }), "blocks": .array(names),
      ]
    }
    var members: [JSONValue.Member] = [
      .init("fixed", .array(shapes.fixed.map { .string($0.hwNASBenchKey) })),
      .init("terms", .array(terms)),
    ]
    guard !question.targets.isEmpty else { return members }
    let table = try table(question)
    let costs = try BlockCosts(table, shapes)
    members.append(.init("columns", .array(table.columnNames.map { .string($0) })))
    members.append(
      .init(
        "costs",
        .object(
          costs.rows.map { row in
            .init(row.shape.hwNASBenchKey, .array(row.costs.map { .rounded($0) }))
          })))
    return members
  }

  private func costs(
    _ question: ServiceRequest.Cost
  ) throws(CostAPIError) -> [JSONValue.Member] {
    var subjects: [CostSubject] = []
    if let name = question.space {
      let reader = try reader(name)
      for text in question.members {
        let isIndex = reader.space.indexedCount != nil && MemberReader.isWholeNumber(text)
        let member =
          try isIndex
          ? reader.architecture(numbered: text) : reader.architecture(text)
        subjects.append(CostSubject(member, of: reader.space))
      }
      for digits in question.indices {
        subjects.append(
          CostSubject(try reader.architecture(numbered: digits), of: reader.space))
      }
    } else if !(question.members + question.indices).isEmpty {
      throw .request("architectures need a 'space'", hint: nil)
    }
    for name in question.networks { subjects.append(CostSubject(try catalog.network(name))) }
    guard !subjects.isEmpty else {
      throw .request(
        "no network is named", hint: "give 'space' with 'arch' or 'index', or 'network'")
    }
    var reports: [JSONValue] = []
    for name in question.targets {
      let loaded = try target(name, overriding: question.model.overrides)
      let options = try question.model.options(on: loaded)
      let context = try loaded.context(options, givenBatch: question.model.batch)
      let eliminates = question.eliminatesDeadNodes && !loaded.isMeasured
      let own = subjects.map { subject in
        var subject = subject
        subject.eliminatesDeadNodes = eliminates
        return subject
      }
      let estimator = CostEstimator(
        loaded.hardwareTarget(options, cache: cache), threads: threads,
        listsLayers: question.listsLayers)
      for (subject, cost) in zip(own, try estimator.answers(for: own)) {
        let report = CostReportJSON(
          cost, from: subject.origin, context: context, listsLayers: question.listsLayers,
          eliminatesDeadNodes: eliminates)
        reports.append(report.value)
      }
    }
    return [.init("reports", .array(reports))]
  }

  private func map(_ question: ServiceRequest.Map) throws(CostAPIError) -> [JSONValue.Member] {
    let loaded = try target(question.target, overriding: question.model.overrides)
    let layer = try LayerEvaluator.layer(question.layer, batch: question.model.batch)
    let array = try loaded.spatialArray()
    var options = try question.model.options(on: loaded)
    options.batch = layer.batch ?? 1
    let evaluator = LayerEvaluator(array, options: options, cache: cache)
    let cost = try evaluator.bestCost(of: layer)
    let report = LayerReportJSON(
      cost, on: array, context: try loaded.context(options, givenBatch: nil), origin: .searched,
      searchSeconds: nil, fasterWay: evaluator.fasterWay(than: cost, of: layer))
    guard case .object(let members) = report.value else { return [] }
    return members.filter { $0.key != "schema" }
  }
}

extension CostTable {
  /// The table as an object: columns, the constant, and every term.
  public var json: JSONValue {
    let terms = terms.map { term -> JSONValue in
      [
        "variables": .array(term.variables.map { .integer(Int64($0)) }),
        "values": .array(term.values.map { .rounded($0) }),
      ]
    }
    return [
      "space": .string(space), "choices": .array(choiceCounts.map { .integer(Int64($0)) }),
      "columns": .array(columnNames.map { .string($0) }),
      "constant": .array(constant.map { .rounded($0) }), "terms": .array(terms),
    ]
  }
}
