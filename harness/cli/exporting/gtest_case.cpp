// SPDX-License-Identifier: Apache-2.0
// See gtest_case.hpp.
#include "harness/cli/exporting/gtest_case.hpp"

#include <string_view>

#include <fmt/format.h>

#include "reports/text.hpp"

namespace switchback {
namespace {

constexpr std::string_view kLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool is_letter(char letter) {
  return kLetters.find(letter) != std::string_view::npos;
}

/// A raw string ends at the first `)` with this and a quote.
std::string delimiter_for(const std::string& text) {
  std::string delimiter = "trace";
  while (text.find(")" + delimiter + "\"") != std::string::npos)
    delimiter += "_";
  return delimiter;
}

/// The steps as comments: what they are about, for who reads the case.
std::string steps_as_comments(const Trace& trace) {
  std::string comments;
  for (std::size_t step = 0; step < trace.sequence.steps.size(); ++step)
    comments += fmt::format("//   {}. {}\n", step + 1,
                            printable_line(describe(trace.sequence.steps[step])));
  return comments;
}

std::string one_case(std::string_view suite, std::string_view name, std::string_view expects) {
  return fmt::format("\nTEST({}, {}) {{\n  {}(k{});\n}}\n", suite, name, expects, suite);
}

}  // namespace

std::string suite_name(const std::filesystem::path& file) {
  std::string name;
  bool begins = true;
  for (const char letter : file.stem().string()) {
    if (!is_letter(letter)) {
      begins = true;
      continue;
    }
    const bool small = letter >= 'a' && letter <= 'z';
    name += begins && small ? static_cast<char>(letter - 'a' + 'A') : letter;
    begins = false;
  }
  const bool is_word = !name.empty() && (name[0] < '0' || name[0] > '9');
  return is_word ? name : "Trace" + name;
}

std::string gtest_case(const std::filesystem::path& file, const Trace& trace) {
  const std::string suite = suite_name(file);
  const std::string json = trace_to_json(trace);
  const std::string delimiter = delimiter_for(json);
  std::string about;
  if (trace.violation)
    about = fmt::format("// It was kept for {} ({}).\n", printable_line(trace.violation->property),
                        printable_line(trace.violation->kind));
  std::string text = fmt::format(
      "// SPDX-License-Identifier: Apache-2.0\n"
      "// Printed by `switchback export --gtest`, from {}.\n"
      "{}// Its steps:\n{}"
      "#include <gtest/gtest.h>\n\n"
      "#include \"fixtures/examples/trace_case.hpp\"\n\n"
      "namespace switchback {{\nnamespace {{\n\n"
      "constexpr const char* k{} = R\"{}({}){}\";\n",
      printable_line(file.filename().string()), about, steps_as_comments(trace), suite, delimiter,
      json, delimiter);
  text += one_case(suite, "HoldsOnTheSoundService", "expect_trace_holds");
  if (trace.defect && trace.violation)
    text += one_case(suite, "IsBrokenByItsDefect", "expect_trace_breaks");
  return text + "\n}  // namespace\n}  // namespace switchback\n";
}

}  // namespace switchback
