// SPDX-License-Identifier: Apache-2.0
// For tests that hold parts of the documents against what they are generated from.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace switchback {

inline std::string read_document(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Where the generated part `name` starts and how long it is, markers left out.
struct GeneratedPart {
  std::size_t begin = std::string::npos;
  std::size_t size = 0;
};

inline GeneratedPart find_generated(std::string_view document, std::string_view name) {
  const std::string opening = fmt::format("<!-- generated: {} -->\n", name);
  const std::string closing = fmt::format("<!-- end of generated: {} -->\n", name);
  const std::size_t open = document.find(opening);
  if (open == std::string_view::npos) return {};
  const std::size_t begin = open + opening.size();
  const std::size_t end = document.find(closing, begin);
  if (end == std::string_view::npos) return {};
  return {.begin = begin, .size = end - begin};
}

/// Compares one generated part of a document with what it should be. With SWITCHBACK_REFRESH_DOCS
/// set the part is written anew instead, and the comparison is of what was written.
inline void expect_fresh(const std::string& path, std::string_view name,
                         const std::string& generated) {
  std::string document = read_document(path);
  GeneratedPart part = find_generated(document, name);
  ASSERT_NE(part.begin, std::string::npos)
      << path << " has no part marked '<!-- generated: " << name << " -->'";
  if (std::getenv("SWITCHBACK_REFRESH_DOCS") != nullptr) {
    document.replace(part.begin, part.size, generated);
    std::ofstream{path} << document;
    document = read_document(path);
    part = find_generated(document, name);
  }
  EXPECT_EQ(document.substr(part.begin, part.size), generated)
      << path << " is stale: run this test with SWITCHBACK_REFRESH_DOCS=1";
}

}  // namespace switchback
