// SPDX-License-Identifier: Apache-2.0
// The page docs/promises.md names every property and no other, and every invariant there is.
#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/base/generated_document.hpp"
#include "properties/property.hpp"

namespace switchback {
namespace {

constexpr int kInvariants = 70;

std::string page() {
  return read_document(SWITCHBACK_SOURCE_DIR "/docs/promises.md");
}

std::set<std::string> names_on(const std::string& text) {
  static const std::regex kName("`([a-z_]+)`");
  std::set<std::string> names;
  for (std::sregex_iterator found(text.begin(), text.end(), kName), end; found != end; ++found)
    names.insert((*found)[1]);
  return names;
}

TEST(PromisesPage, NamesEveryPropertyAndNoOther) {
  std::set<std::string> properties;
  for (const auto& property : all_properties())
    properties.insert(std::string(property->name()));
  EXPECT_EQ(names_on(page()), properties);
}

TEST(PromisesPage, HasALineForEachInvariantThatSaysWhoWatchesIt) {
  const std::string text = page();
  for (int number = 1; number <= kInvariants; ++number) {
    const std::size_t begin = text.find(fmt::format("\n| {} | ", number));
    ASSERT_NE(begin, std::string::npos) << number;
    const std::string line = text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
    EXPECT_TRUE(!names_on(line).empty() || line.find("not watched: ") != std::string::npos) << line;
  }
}

}  // namespace
}  // namespace switchback
