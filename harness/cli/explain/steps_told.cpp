// SPDX-License-Identifier: Apache-2.0
// See steps_told.hpp.
#include "harness/cli/explain/steps_told.hpp"

#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/cli/explain/words.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 6;
  if (names.size() <= kMost) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} to {}, {} in all", names.front(), names.back(), names.size());
}

/// What went the same way again and again is told once: rounds of the clock, attempts to come back.
bool goes_like(const ToldOperation* left, const ToldOperation* right) {
  return left->wrong.empty() && right->wrong.empty() && left->item == right->item &&
         left->operation == right->operation && left->choices == right->choices &&
         left->outcome == right->outcome && left->reason == right->reason &&
         left->started_from == right->started_from && left->tested_from == right->tested_from &&
         left->expected == right->expected && left->before == right->before &&
         left->after == right->after && left->system_says == right->system_says &&
         left->health == right->health;
}

/// Operations that went the same way, from the first to the last of them.
using Like = std::vector<const ToldOperation*>;

std::string seen_words(const Like& like) {
  const ToldOperation& first = *like.front();
  const ToldOperation& last = *like.back();
  Bytes wire = 0;
  for (const ToldOperation* const one : like)
    wire += one->wire_bytes;
  std::string words = first.outcome;
  if (like.size() > 1)
    words +=
        fmt::format(" {} times, from {} to {}", like.size(), in_words(first.at), in_words(last.at));
  else
    words += " at " + in_words(first.at);
  words += fmt::format(": {} -> {}", first.before, first.after);
  if (!first.reason.empty()) words += fmt::format("; \"{}\"", first.reason);
  if (wire > 0) words += fmt::format("; {} on the wire", human_bytes(wire));
  if (first.health != "normal") words += "; health " + first.health;
  if (!first.system_says.empty()) words += "; but the system says: " + first.system_says;
  return words;
}

std::string points_words(const Like& like) {
  std::vector<std::string> made;
  std::vector<std::string> gone;
  for (const ToldOperation* const one : like) {
    for (const ToldPoint& point : one->made)
      made.push_back(point.id);
    gone.insert(gone.end(), one->gone.begin(), one->gone.end());
  }
  std::string text;
  if (made.size() == 1 && like.size() == 1) {
    const ToldPoint& point = like.front()->made.front();
    text += labelled(
        "made", fmt::format("recovery point {}, cut at {}{}: {}", point.id, in_words(point.cut),
                            point.app_consistent ? ", app-consistent" : "", point.judged));
  } else if (!made.empty()) {
    text += labelled("made", "recovery points " + joined(made));
  }
  if (!gone.empty()) text += labelled("gone", "recovery points " + joined(gone));
  return text;
}

std::string title_of(const ToldOperation& one, bool several_items) {
  std::string title = one.operation;
  if (!one.choices.empty()) title += " (" + one.choices + ")";
  if (several_items) title += fmt::format(" of item {}", one.item);
  if (one.by_clock) title += ", by the clock";
  return title;
}

std::string operation_text(const Like& like) {
  const ToldOperation& one = *like.front();
  std::string text;
  if (!one.expected.empty()) text += labelled("expected", one.expected);
  text += labelled("seen", seen_words(like));
  if (!one.faults.empty()) text += labelled("faults", joined(one.faults));
  if (one.started_from) text += labelled("started", "at recovery, from point " + *one.started_from);
  if (one.tested_from) text += labelled("started", "a test copy, from point " + *one.tested_from);
  text += points_words(like);
  for (const WrongBlock& wrong : one.wrong)
    text += labelled("wrong", in_words(wrong));
  return text;
}

std::string fault_text(const ToldFault& fault) {
  std::string text;
  if (fault.inside)
    text += labelled(
        "hits", fmt::format("the job of {}, in {}", fault.inside->operation, fault.inside->stage));
  if (!fault.lost.empty()) text += labelled("lost", fault.lost);
  for (const ToldPlace& place : fault.changed)
    text +=
        labelled("effect", place.operation.empty() ? "at once, outside a job" : in_words(place));
  if (fault.changed.empty()) text += labelled("effect", "no call went otherwise for it");
  return text;
}

/// What took place in each step, in its order.
class Telling {
 public:
  explicit Telling(const Story& story) : story_(story) {}

  std::string all() {
    const std::vector<Happening>& happenings = story_.chronicle.happenings;
    for (std::size_t n = 0; n < happenings.size();) {
      std::vector<Like> alike;
      std::size_t end = n;
      for (; end < happenings.size() && happenings[end].step == happenings[n].step; ++end) {
        const auto* const one = std::get_if<ToldOperation>(&happenings[end].what);
        if (one == nullptr) break;
        add(alike, one);
      }
      if (alike.empty())
        tell(happenings[end++]);
      else
        tell(happenings[n].step, alike);
      n = end;
    }
    return std::move(text_);
  }

 private:
  static void add(std::vector<Like>& alike, const ToldOperation* one) {
    for (Like& like : alike)
      if (goes_like(like.front(), one)) return like.push_back(one);
    alike.push_back({one});
  }

  /// Operations of one step, with nothing between them.
  void tell(std::size_t step, const std::vector<Like>& alike) {
    const bool goes_on = step != step_ && !is_over_;
    step_ = step;
    for (const Like& like : alike) {
      const std::string title = title_of(*like.front(), story_.chronicle.at_first.size() > 1);
      if (goes_on && &like == &alike.front())
        text_ += fmt::format("  {}. goes on: {}\n", step_ + 1, title);
      else if (!std::exchange(is_asked_for_, false))
        text_ += wrapped(printable(title), 6, kStoryWidth);
      text_ += operation_text(like);
    }
  }

  void tell(const Happening& happening) {
    is_asked_for_ = false;
    if (const auto* const step = std::get_if<ToldStep>(&happening.what)) {
      begins(happening.step, *step);
    } else if (const auto* const fault = std::get_if<ToldFault>(&happening.what)) {
      text_ += fault_text(*fault);
    } else if (const auto* const violation = std::get_if<ToldViolation>(&happening.what)) {
      text_ += labelled("BROKEN", identity_of(*violation));
    } else {
      is_over_ = true;
      text_ += "  The steps are over: faults are mended, and the item has to come back.\n";
    }
  }

  void begins(std::size_t step, const ToldStep& told) {
    step_ = step;
    const Step& asked = story_.trace.sequence.steps[step];
    is_asked_for_ = std::holds_alternative<OperateStep>(asked.action);
    std::string title = fmt::format("{}. {}", step + 1, describe(asked));
    if (story_.needs[step] == Need::spared) title += " (not needed)";
    text_ += wrapped(printable(title), 2, kStoryWidth);
    if (told.inside) text_ += labelled("inside", "before " + in_words(*told.inside));
    if (told.too_late) text_ += labelled("late", "its moment in the job never came");
  }

  const Story& story_;
  std::string text_;
  std::size_t step_ = 0;
  bool is_over_ = false;
  bool is_asked_for_ = false;  ///< what is told next has its title: the step that asked for it
};

}  // namespace

std::string steps_text(const Story& story) {
  return Telling(story).all();
}

}  // namespace switchback
