// SPDX-License-Identifier: Apache-2.0
// A folder for a test to write in.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace switchback::samples {

/// Of the test's own, and gone when it is over.
class ScratchFolder {
 public:
  ScratchFolder() : path_(std::filesystem::temp_directory_path() / "switchback-reports-XXXXXX") {
    std::string name = path_.string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no folder at " << name;
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }
  [[nodiscard]] std::size_t entries() const {
    const std::filesystem::directory_iterator list(path_);
    return static_cast<std::size_t>(std::distance(begin(list), end(list)));
  }

 private:
  std::filesystem::path path_;
};

inline std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace switchback::samples
