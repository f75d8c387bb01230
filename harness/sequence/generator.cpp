// SPDX-License-Identifier: Apache-2.0
// See generator.hpp.
#include "harness/sequence/generator.hpp"

#include <algorithm>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/sequence/item_drawing.hpp"
#include "harness/sequence/rare_drawing.hpp"
#include "harness/sequence/step_drawing.hpp"
#include "harness/sequence/swarm.hpp"
#include "harness/sequence/ways.hpp"
#include "harness/sequence/weaving.hpp"

namespace switchback {
namespace {

/// Towards its goal a walk strays so often, in percent.
constexpr unsigned kStrayPercent = 15;
/// Arrived there it asks for much that is forbidden, if it asks for such things at all.
constexpr unsigned kBurstPercent = 40;
/// In few steps there are few waits: in so many of them a round falls due.
constexpr unsigned kDuePercent = 60;
/// The last steps, in which the item may come to its end.
constexpr std::size_t kLastSteps = 10;

/// Draws the sequence of one item. Follows the model; where a fault makes that wrong, later
/// operations are simply refused.
class SequenceDrawing {
 public:
  SequenceDrawing(const Swarm& swarm, std::size_t steps_max, Draw draw)
      : swarm_(swarm),
        options_(swarm.options),
        profile_(swarm.profile),
        draw_(draw),
        steps_max_(steps_max),
        model_(sequence_, options_.capabilities),
        steps_(draw_, swarm_, sequence_, model_),
        rare_(draw_, swarm_, model_) {}

  Sequence draw() {
    sequence_.seed = draw_.number();
    draw_item(draw_, options_, profile_, sequence_);
    length_ = draw_length(draw_, steps_max_, is_brief());
    may_migrate_ = draw_.percent(profile_.migrate_percent);
    const std::uint64_t writes_first = draw_.below(profile_.first_writes_max + 1);
    for (std::uint64_t n = 0; n < writes_first && !full(); ++n)
      add(steps_.write());
    // There is no room for what comes before protection.
    if (is_brief() && model_.allows(Operation::enable)) add_operation(Operation::enable);
    while (!full())
      add_next();
    return std::move(sequence_);
  }

 private:
  /// The profile wants fewer steps than the world can carry.
  [[nodiscard]] bool is_brief() const { return profile_.steps_max <= steps_max_; }
  [[nodiscard]] bool full() const { return sequence_.steps.size() >= length_; }
  void add(Action action) { sequence_.steps.push_back({std::move(action), std::nullopt}); }

  void add_next() {
    // What is brief is soon at its end, where everything is healed.
    if (!is_brief() && mended_first()) return;
    const bool testing = model_.state().awaiting == Awaiting::test_cleanup;
    const bool superseded = model_.old_primary_runs();
    switch (draw_.weighted({profile_.legal_operation, profile_.illegal_operation, profile_.write,
                            profile_.wait, profile_.flush, profile_.fault, profile_.heal,
                            profile_.edit, testing ? profile_.test_write : 0,
                            superseded ? profile_.old_primary_write : 0})) {
      case 0:
        return add_legal_operation();
      case 1:
        return add(steps_.forbidden());
      case 2:
        return add(steps_.write());
      case 3:
        return add_wait(is_brief() && draw_.percent(kDuePercent) ? steps_.wait_for_the_clock()
                                                                 : steps_.wait());
      case 4:
        return add(FlushStep{});
      case 5:
        return add_fault(steps_.fault());
      case 6:
        return add_heal();
      case 7:
        return add_edit(steps_.edit());
      case 8:
        return add(steps_.test_write());
      default:
        return add(steps_.old_primary_write());
    }
  }

  /// What lasts would make nearly everything after it fail: it lasts a few steps.
  bool mended_first() {
    constexpr unsigned kPercent = 25;
    if (model_.anything_broken() && draw_.percent(kPercent)) {
      add_heal();
      return true;
    }
    if (model_.disks_edited() && draw_.percent(kPercent)) {
      add_edit(EditStep{Edit::undo});
      return true;
    }
    return false;
  }

  void add_heal() {
    add(HealStep{});
    model_.heal();
  }

  void add_fault(Action action) {
    if (const auto* const fault = std::get_if<FaultStep>(&action)) model_.inject(fault->kind);
    add(std::move(action));
  }

  void add_edit(Action action) {
    if (const auto* const edit = std::get_if<EditStep>(&action)) model_.edit(edit->edit);
    add(std::move(action));
  }

  void add_wait(const WaitStep& wait) {
    add(wait);
    std::vector<Operation> due;
    for (const Operation operation :
         {Operation::delta_replication, Operation::process_log, Operation::fence_source})
      if (model_.allows(operation)) due.push_back(operation);
    if (!due.empty()) add_steps_inside(draw_.one_of(due));
    model_.wait(wait.duration + wait.periods * model_.period());
  }

  /// Of a sequence that ends where the VM stays at recovery: what ends it now.
  [[nodiscard]] std::vector<Operation> migrations() const {
    std::vector<Operation> migrations;
    if (!may_migrate_ || sequence_.steps.size() + kLastSteps < length_) return migrations;
    for (const StageList& offered : options_.capabilities.operations)
      if (ends_in(offered.operation, resting::kMigrated) && !swarm_.off.contains(offered.operation))
        migrations.push_back(offered.operation);
    return migrations;
  }
  /// An operator may ask for it now, and it leads there.
  [[nodiscard]] bool ends_in(Operation operation, const ItemState& rest) const {
    return asked_by_operator(operation) && model_.allows(operation) &&
           find_transition(model_.state(), operation)->to == rest;
  }

  void add_legal_operation() {
    if (const std::vector<Operation> last = migrations(); !last.empty())
      return add_operation(draw_.one_of(last));
    if (const std::optional<RareAsk> ask = rare_.ask()) return add_rare(*ask);
    if (!goal_ && draw_.percent(profile_.goal_percent)) goal_ = draw_goal();
    if (goal_ && !draw_.percent(kStrayPercent)) {
      const std::vector<Move> moves = first_moves(swarm_.moves, model_.state(), *goal_);
      if (!moves.empty()) {
        take(draw_.one_of(moves));
        if (model_.state() == *goal_) arrive();
        return;
      }
      goal_.reset();
    }
    const std::vector<Operation> allowed = allowed_now();
    if (!allowed.empty()) return add_operation(draw_.one_of(allowed));
    // At the end of everything only what is forbidden is left to ask for.
    if (profile_.illegal_operation > 0 || draw_.percent(50)) return add(steps_.forbidden());
    add(steps_.write());
  }

  void add_rare(const RareAsk& ask) {
    switch (ask.end) {
      case RareEnd::refused:
        return add(steps_.request(ask.operation, false));
      case RareEnd::cancelled:
        return add_cancelled(steps_.request(ask.operation, true));
      case RareEnd::failed:
        begin(ask.operation);
        return break_job(*options_.capabilities.find(ask.operation));
      case RareEnd::done:
        return begin(ask.operation);
    }
  }

  /// By its operator, or by the clock.
  void begin(Operation operation) {
    if (!asked_by_operator(operation)) return add_wait(steps_.wait_for_the_clock());
    const OperateStep step = steps_.request(operation, true);
    add(step);
    model_.ask(step);
  }

  /// Few kinds of faults make any one stage fail, so several are tried.
  void break_job(const StageList& stages) {
    const std::vector<FaultKind> kinds = faults_drawn(profile_, options_.capabilities);
    for (std::uint64_t count = draw_.between(1, 4); count > 0; --count)
      add_inside(steps_.fault_of(draw_.one_of(kinds)), steps_.moment(stages));
  }

  ItemState draw_goal() {
    if (const std::optional<ItemState> goal = rare_.goal()) return *goal;
    std::vector<ItemState> goals;
    for (const std::string_view name : profile_.goals)
      if (const std::optional<ItemState> state = state_named(name)) goals.push_back(*state);
    // A walk that always goes to the same few states would miss what comes between.
    if (goals.empty() || draw_.percent(30))
      for (const NamedState& named : named_states())
        if (named.state != resting::kMigrated) goals.push_back(named.state);
    return draw_.one_of(goals);
  }

  void arrive() {
    goal_.reset();
    if (profile_.illegal_operation == 0 || !draw_.percent(kBurstPercent)) return;
    for (std::uint64_t count = draw_.between(2, 8); count > 0 && !full(); --count)
      add(steps_.forbidden());
  }

  void take(const Move& move) {
    switch (move.means) {
      case Means::ask:
        return add_operation(move.operation);
      case Means::cancel_job:
        return add_cancelled(steps_.request(move.operation, true));
      case Means::fill_recovery:
        fill_recovery(steps_.request(move.operation, true));
        return add_heal();
      case Means::lose_tracking:
        add_fault(FaultStep{FaultKind::tracking_lost});
        return add_wait(steps_.wait_for_the_clock());
      case Means::wait_for_the_clock:
        return add_wait(steps_.wait_for_the_clock());
    }
  }

  /// Room is missing when the operation begins; for what makes a replica, once that was begun,
  /// while there is something to be copied.
  void fill_recovery(const OperateStep& step) {
    if (step.operation != Operation::enable) {
      add_fault(FaultStep{FaultKind::recovery_full});
      return ask(step);
    }
    add(steps_.write());
    add(step);
    const std::uint64_t volumes = sequence_.disks.size();
    const std::uint64_t call = volumes + draw_.below(3);
    sequence_.steps.push_back({FaultStep{FaultKind::recovery_full},
                               Moment{options_.capabilities.find(step.operation)->stages.back(),
                                      static_cast<std::uint32_t>(call)}});
    model_.inject(FaultKind::recovery_full);
    model_.ask(step);
  }

  /// What is off is not among them unless nothing else leads on.
  std::vector<Operation> allowed_now() {
    std::vector<Operation> allowed = allowed_but(swarm_.off);
    return allowed.empty() ? allowed_but({}) : allowed;
  }

  /// Ends protection only now and then; for good at the end, see migrations().
  std::vector<Operation> allowed_but(OperationSet off) {
    const bool may_end = draw_.percent(profile_.disable_percent);
    std::vector<Operation> allowed;
    std::vector<Operation> ending;
    for (const StageList& offered : options_.capabilities.operations) {
      const Operation operation = offered.operation;
      if (!asked_by_operator(operation) || !model_.allows(operation)) continue;
      if (off.contains(operation) || ends_in(operation, resting::kMigrated)) continue;
      const bool ends = ends_in(operation, resting::kUnprotected);
      (ends ? ending : allowed).push_back(operation);
    }
    if (may_end || allowed.empty()) allowed.insert(allowed.end(), ending.begin(), ending.end());
    return allowed;
  }

  void add_operation(Operation operation) {
    const OperateStep step = steps_.request(operation, false);
    const Transition* const row = find_transition(model_.state(), operation);
    const bool can_cancel = options_.capabilities.find(Operation::cancel) != nullptr &&
                            operation != Operation::cancel &&
                            find_transition(row->during, Operation::cancel) != nullptr;
    if (can_cancel && draw_.percent(profile_.cancel_percent)) return add_cancelled(step);
    ask(step);
  }

  void ask(const OperateStep& step) {
    add(step);
    model_.ask(step);
    add_steps_inside(step.operation);
  }

  void add_cancelled(const OperateStep& step) {
    add(step);
    const StageList& stages = *options_.capabilities.find(step.operation);
    sequence_.steps.push_back(
        {OperateStep{.operation = Operation::cancel}, steps_.early_moment(stages)});
    model_.cancel_job(step);
    add_steps_inside(draw_.percent(50) ? step.operation : Operation::cancel);
  }

  void add_steps_inside(Operation operation) {
    const StageList* const stages = options_.capabilities.find(operation);
    if (stages == nullptr || stages->stages.empty()) return;
    if (!draw_.percent(profile_.busy_job_percent)) return;
    const std::uint64_t count = draw_.between(1, profile_.inner_steps_max);
    std::optional<Moment> moment;
    for (std::uint64_t n = 0; n < count; ++n) {
      if (const std::optional<RareAim> aim = rare_.aim(operation)) {
        add_rare(*aim, *stages);
        continue;
      }
      // Often several at once: writes in an order, on several disks, between the same two calls.
      if (!moment || !draw_.percent(40)) moment = steps_.moment(*stages);
      add_inside(draw_inner_action(), *moment);
    }
  }

  void add_inside(Action action, const Moment& moment) {
    if (const auto* const fault = std::get_if<FaultStep>(&action)) model_.inject(fault->kind);
    sequence_.steps.push_back({std::move(action), moment});
  }

  void add_rare(const RareAim& aim, const StageList& stages) {
    // The job has to fail before it comes to its way back.
    if (aim.stage == stages.undo) add_inside(steps_.fault(), steps_.moment(stages));
    add_inside(steps_.fault_of(aim.kind), steps_.moment_in(aim.operation, aim.stage));
  }

  Action draw_inner_action() {
    switch (draw_.weighted({profile_.inner_write, profile_.inner_flush, profile_.inner_operation,
                            profile_.inner_fault, profile_.inner_wait})) {
      case 0:
        return draw_inner_write();
      case 1:
        return FlushStep{};
      case 2:
        return OperateStep{.operation = steps_.any_operation()};
      case 3:
        return steps_.fault();
      default:
        return steps_.wait();
    }
  }

  Action draw_inner_write() {
    if (model_.state().awaiting == Awaiting::test_cleanup && draw_.percent(30))
      return steps_.test_write();
    if (model_.old_primary_runs() && draw_.percent(30)) return steps_.old_primary_write();
    return steps_.write();
  }

  const Swarm& swarm_;
  const GeneratorOptions& options_;
  const Profile& profile_;
  Draw draw_;
  std::size_t steps_max_;
  Sequence sequence_;
  WalkModel model_;
  StepDrawing steps_;
  RareDrawing rare_;
  std::optional<ItemState> goal_;
  std::size_t length_ = 0;
  bool may_migrate_ = false;
};

DrawnSequence draw_sequence(const GeneratorOptions& options, const std::vector<Move>& moves,
                            const rc::Random& random) {
  Draw draw(random);
  const Profile& profile = draw_profile(draw, options);
  const std::string name(profile.name);
  Swarm swarm = draw_swarm(draw, options, profile, moves);
  const std::size_t steps_max = std::min<std::size_t>(options.limits.steps_max, profile.steps_max);
  const unsigned items_max = std::min(profile.items_max, options.limits.items_max);
  if (items_max < 2) std::erase(swarm.options.edits, Edit::move_disk);  // there is no other item
  if (items_max < 2) return {SequenceDrawing(swarm, steps_max, draw).draw(), name};
  const std::uint64_t items = draw.between(2, items_max);
  std::vector<Sequence> of_items;
  for (std::uint64_t n = 0; n < items; ++n)
    of_items.push_back(
        SequenceDrawing(swarm, steps_max / items, Draw(rc::Random(draw.number()))).draw());
  return {woven(draw, std::move(of_items), steps_max), name};
}

}  // namespace

rc::Gen<DrawnSequence> sequences(GeneratorOptions options) {
  SB_ASSERT(!options.profiles.empty());
  const std::vector<Move> moves = moves_of(options.capabilities);
  return rc::Gen<DrawnSequence>(
      [options = std::move(options), moves](const rc::Random& random, int) {
        return rc::shrinkable::just(draw_sequence(options, moves, random));
      });
}

}  // namespace switchback
