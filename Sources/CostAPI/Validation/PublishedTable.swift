internal import CostDiagnostics
internal import HardwareConfigs
internal import MeasuredTables
internal import Networks

/// The networks and figures of a published file, as a suite describes it.
struct PublishedTable {
  /// A row of the file.
  struct Entry {
    var line: Int
    var subject: CostSubject
    var published: ValidationSuite.Published
  }

  var entries: [Entry] = []

  /// - Throws: `CostAPIError.input` with every mistake of the file, `CostAPIError.request` for a
  ///   description that does not fit its search space.
  init(_ table: ValidationSuite.Table, at path: String) throws(CostAPIError) {
    let space = try MemberReader(spaceName: table.space).space
    let text: String
    do throws(FileError) { text = try TextFile.read(path) } catch { throw .file(error) }
    do throws(InputError) {
      let csv = try CSVTable(parsing: text, file: path)
      entries = try Self.entries(of: csv, table, in: space, file: path)
    } catch {
      throw .input(error, sources: [path: text])
    }
    guard !entries.isEmpty else {
      throw .request("'\(path)' has no rows", hint: nil)
    }
  }

  private static func entries(
    of csv: CSVTable, _ table: ValidationSuite.Table, in space: any SearchSpace, file: String
  ) throws(InputError) -> [Entry] {
    var problems = csv.diagnostics
    let names = csv.header.map(\.text)
    func column(_ name: String) -> Int? {
      if let index = names.firstIndex(of: name) { return index }
      problems.append(
        Diagnostic(
          .error, at: SourceLocation(file: file, line: csv.header.first?.line ?? 1, column: 1),
          keyPath: "", "there is no column '\(name)'",
          hint: EditDistance.didYouMean(name, among: names)
            ?? "the columns are \(names.joined(separator: ", "))"))
      return nil
    }
    let columns = (
      column(table.decisionColumn), column(table.choiceColumn), column(table.publishedColumn)
    )
    guard case (let decision?, let choice?, let published?) = columns, problems.isEmpty else {
      throw InputError(problems)
    }
    var entries: [Entry] = []
    func report(_ field: CSVTable.Field, _ message: String) {
      problems.append(
        Diagnostic(
          .error, at: SourceLocation(file: file, line: field.line, column: field.column),
          keyPath: "", message))
    }
    let rest = table.choices.firstIndex(of: table.others) ?? 0
    for row in csv.rows {
      var choices = Array(repeating: rest, count: space.choiceCounts.count)
      guard let place = Int(row[decision].text), choices.indices.contains(place) else {
        report(row[decision], "expected a decision from 0 to \(choices.count - 1)")
        continue
      }
      guard let index = table.choices.firstIndex(of: row[choice].text) else {
        report(row[choice], "expected one of \(table.choices.joined(separator: ", "))")
        continue
      }
      guard let figure = ValidationSuite.Published(row[published].text) else {
        report(row[published], "expected a number in plain digits")
        continue
      }
      choices[place] = index
      do throws(ChoicesError) {
        let member = try space.architecture(choices: choices)
        entries.append(
          Entry(
            line: row[decision].line, subject: CostSubject(member, of: space), published: figure))
      } catch {
        report(row[choice], error.message)
      }
    }
    if !problems.isEmpty { throw InputError(problems) }
    return entries
  }
}
