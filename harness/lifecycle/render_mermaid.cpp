// SPDX-License-Identifier: Apache-2.0
// The lifecycle as a diagram: what leads from one state to another, on one arrow.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "harness/lifecycle/passages.hpp"
#include "harness/lifecycle/render.hpp"

namespace switchback {
namespace {

struct Arrow {
  ItemState from;
  ItemState to;
  std::vector<std::string> labels;
};

class Arrows {
 public:
  void add(const ItemState& from, const ItemState& to, std::string label) {
    if (from == to) return;
    const auto known = std::find_if(all_.begin(), all_.end(), [&](const Arrow& arrow) {
      return arrow.from == from && arrow.to == to;
    });
    Arrow& arrow = known != all_.end() ? *known : all_.emplace_back(Arrow{from, to, {}});
    if (std::find(arrow.labels.begin(), arrow.labels.end(), label) == arrow.labels.end())
      arrow.labels.push_back(std::move(label));
  }
  [[nodiscard]] const std::vector<Arrow>& all() const { return all_; }

 private:
  std::vector<Arrow> all_;
};

bool ends_protection(const Passage& passage) {
  return (passage.operation == Operation::disable || passage.operation == Operation::purge) &&
         passage.to == initial_state();
}

/// Where nothing but the end of protection leads on, it is drawn.
bool leads_on_otherwise(const std::vector<Passage>& all, const ItemState& state) {
  return std::any_of(all.begin(), all.end(), [&](const Passage& passage) {
    return passage.from == state && passage.to != state && !ends_protection(passage);
  });
}

std::string label_of(const Passage& passage) {
  return passage.cancelled ? fmt::format("{} cancelled", name_of(*passage.cancelled))
                           : std::string(name_of(passage.operation));
}

OperationSet all_operations() {
  OperationSet all;
  for (const Operation operation : kAllOperations)
    all.insert(operation);
  return all;
}

}  // namespace

std::string render_mermaid() {
  const std::vector<Passage> all = passages(all_operations());
  Arrows arrows;
  for (const Passage& passage : all)
    if (!ends_protection(passage) || !leads_on_otherwise(all, passage.from))
      arrows.add(passage.from, passage.to, label_of(passage));
  for (const FailureRow& row : failure_table())
    arrows.add(row.from, row.to, fmt::format("{} fails", name_of(row.operation)));
  std::string text = fmt::format("stateDiagram-v2\n    [*] --> {}\n", name_of(initial_state()));
  for (const Arrow& arrow : arrows.all())
    text += fmt::format("    {} --> {}: {}\n", name_of(arrow.from), name_of(arrow.to),
                        fmt::join(arrow.labels, ", "));
  return text;
}

}  // namespace switchback
