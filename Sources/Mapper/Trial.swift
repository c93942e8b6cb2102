internal import Accelerators
internal import Dataflow
extension MappingSearch {
  package func trial() -> String {
    if let r = try? searched() { return " exact E \(r.cost.energyPicojoules) C \(r.cost.cycles) edp \(r.cost.edpPicojouleCycles) ev \(r.evaluations)" }
    return " exact none"
  }
}
