// SPDX-License-Identifier: Apache-2.0
// What the command line says, as plain data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

inline constexpr const char* kTool = "switchback 0.1.0";

/// Exit codes; see README.md. 124 is never used: timeout(1) does.
inline constexpr int kExitHeld = 0;
inline constexpr int kExitViolated = 1;
inline constexpr int kExitCouldNot = 2;
inline constexpr int kExitInconclusive = 3;
inline constexpr int kExitCutShort = 4;  ///< a sequence hung, or crashed; see docs/watchdogs.md

/// Of `replay --bisect` in place of 2, 3 and 4: `git bisect run` skips the revision.
inline constexpr int kExitSkip = 125;

/// Which world, and where its two sites are.
struct WorldArguments {
  std::string system = "sim";
  std::optional<std::string> defect;
  std::optional<std::string> variant;
  std::optional<std::string> primary_uri;
  std::optional<std::string> recovery_uri;
  std::optional<std::filesystem::path> primary_storage;
  std::optional<std::filesystem::path> recovery_storage;
  std::optional<std::filesystem::path> run_folder;
  std::string guest = "none";                        ///< what real VMs boot: "none" or "linux"
  std::optional<std::filesystem::path> guest_image;  ///< of a Linux guest; else one of the cache
};

/// Where results go.
struct OutputArguments {
  std::optional<std::filesystem::path> log;
  std::optional<std::filesystem::path> junit;
  bool json = false;
  bool quiet = false;
};

struct RunArguments {
  WorldArguments world;
  OutputArguments output;
  std::optional<std::uint64_t> seed;
  std::optional<double> max_seconds;
  std::optional<std::uint64_t> max_sequences;
  std::uint64_t max_failures = 1;
  std::optional<unsigned> jobs;
  std::vector<std::string> profiles;
  std::vector<std::string> properties;  ///< empty: all
  std::optional<std::size_t> max_steps;
  std::optional<unsigned> exhaustive;  ///< instead of drawing: so deep
  std::vector<std::string> required_coverage;
  std::filesystem::path trace_folder = "switchback-traces";
  std::optional<std::filesystem::path> baseline;  ///< findings that are accepted
  bool shrink = true;
  bool replay_known = true;                ///< first of all the findings that the folder keeps
  std::optional<double> sequence_timeout;  ///< seconds
};

struct ReplayArguments {
  WorldArguments world;  ///< `system` empty: the trace's own
  OutputArguments output;
  std::filesystem::path trace;          ///< or a folder of traces
  std::vector<std::string> properties;  ///< empty: all
  std::uint64_t repeat = 1;
  bool bisect = false;                     ///< answer in the exit codes of `git bisect run`
  std::optional<double> sequence_timeout;  ///< seconds
};

struct ShrinkArguments {
  WorldArguments world;
  std::filesystem::path trace;
  std::filesystem::path out;
  std::uint64_t max_candidates = 2000;
  std::optional<double> sequence_timeout;  ///< seconds
};

struct ExplainArguments {
  std::filesystem::path trace;  ///< or a folder of traces
  std::optional<std::string> defect;
  std::optional<std::string> variant;
  std::vector<std::string> properties;  ///< empty: all
  bool json = false;
  std::optional<double> sequence_timeout;  ///< seconds
};

struct ExportArguments {
  std::filesystem::path trace;
  bool gtest = false;  ///< the one form there is
};

struct CleanArguments {
  std::optional<std::filesystem::path> run_folder;
  bool json = false;
};

struct BenchArguments {
  bool quick = false;
  std::optional<double> seconds;  ///< about so long for a figure
  std::vector<std::string> only;  ///< empty: everything
  bool json = false;
};

struct DefectsArguments {
  std::vector<std::string> names;  ///< empty: all
  bool list = false;               ///< tell what there is; try nothing
  std::uint64_t seed = 4;
  std::uint64_t max_sequences = 40000;  ///< of each search
  unsigned jobs = 1;                    ///< defects at a time
  std::filesystem::path trace_folder = "switchback-defects";
  bool json = false;
};

// The commands. Each returns its exit code.
int run_command(const RunArguments& arguments);
int replay_command(const ReplayArguments& arguments);
int shrink_command(const ShrinkArguments& arguments);
int explain_command(const ExplainArguments& arguments);
int export_command(const ExportArguments& arguments);
int clean_command(const CleanArguments& arguments);
int lifecycle_command(const std::string& format);
int defects_command(const DefectsArguments& arguments);
int variants_command();
int bench_command(const BenchArguments& arguments);

}  // namespace switchback
