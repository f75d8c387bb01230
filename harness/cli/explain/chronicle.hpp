// SPDX-License-Identifier: Apache-2.0
// What took place in a run of one sequence, in its order: plain data that stories are told from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/base/units.hpp"

namespace switchback {

/// Where a job stood.
struct ToldPlace {
  std::string operation;
  std::string stage;
  std::uint32_t call = 0;
};

/// The step begins.
struct ToldStep {
  std::optional<ToldPlace> inside;  ///< the job that it takes place in
  bool too_late = false;            ///< its moment in a job never came
};

/// A write by its number in its branch of history; 0 stands for what a block showed at first.
struct ToldWrite {
  WriteSeq number = 0;
  std::optional<std::size_t> step;  ///< that made it, where that is known
  std::optional<Instant> issued;    ///< absent for what is of another branch
};

/// A kind of trouble of an image, and the first block that has it: lowest disk, then block.
struct WrongBlock {
  std::string image;    ///< "recovery point p3"
  std::string trouble;  ///< "lacks an acknowledged write"
  std::uint64_t blocks = 1;
  DiskIndex disk = 0;
  BlockNumber block = 0;
  ToldWrite shows;
  std::optional<ToldWrite> expected;  ///< what it ought to show, where there is such a thing
};

struct ToldPoint {
  std::string id;
  Instant cut{};
  bool app_consistent = false;
  std::string judged;  ///< what the oracle says of its images
};

/// What the VMs of an item are at each site: the role by the model, and what was seen to run.
struct Standing {
  std::string primary;
  std::string recovery;
  friend bool operator==(const Standing&, const Standing&) = default;
};

/// An operation ended: an operator's or the clock's.
struct ToldOperation {
  std::size_t item = 0;
  std::string operation;
  std::string choices;
  bool by_clock = false;  ///< nobody asked for it
  std::string expected;   ///< by the lifecycle's table, in words
  std::string outcome;    ///< done, refused, failed, indeterminate, cancelled
  std::string reason;
  std::string before;  ///< names of the model's resting states
  std::string after;
  std::string system_says;  ///< the state, if the system names another one than `after`
  std::string health;
  Instant at{};
  std::uint64_t calls = 0;  ///< points at which its job stopped
  Bytes wire_bytes = 0;
  std::vector<std::string> faults;  ///< that were in force or came during it
  std::vector<ToldPoint> made;
  std::vector<std::string> gone;                 ///< points that are listed no more
  std::optional<std::string> started_from = {};  ///< the VMs at recovery: this point
  std::optional<std::string> tested_from = {};   ///< those of a test
  std::vector<WrongBlock> wrong = {};            ///< of the images that were read after it
  std::optional<Standing> standing = {};         ///< afterwards; absent if it was cancelled
};

struct ToldFault {
  std::string kind;
  std::optional<ToldPlace> inside;
  std::string lost;                     ///< what became of writes that were not flushed
  std::vector<ToldPlace> changed = {};  ///< calls that went otherwise for it
};

/// The steps are over: faults are mended, and the item has to come back.
struct ToldHealing {};

struct ToldViolation {
  std::string property;
  std::string kind;
  std::string message;
};

struct Happening {
  std::size_t step = 0;  ///< position of the step in progress, from 0
  std::variant<ToldStep, ToldOperation, ToldFault, ToldHealing, ToldViolation> what;
};

struct Chronicle {
  std::vector<Standing> at_first;  ///< of each item
  std::vector<Happening> happenings;
  std::string error;  ///< the environment's, if one ended the run
};

}  // namespace switchback
