// SPDX-License-Identifier: Apache-2.0
// Files that the user asked for: opened, written and closed with errors that name the path.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "harness/base/result.hpp"

namespace switchback {

/// A file that is written from its beginning. What is wrong with the path itself (no such folder, a
/// directory, no permission) is bad_input; what goes wrong later (no space left) is environment.
/// Every message names the path.
class OutputFile {
 public:
  /// Makes the file, or empties the one that is there.
  static Result<OutputFile> create(const std::filesystem::path& path);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  /// Closes it if that was not done; an error is then lost.
  ~OutputFile();

  Nothing write(std::string_view bytes);
  /// Some file systems tell only now that the space was not there. Closing twice is no error.
  Nothing close();

 private:
  OutputFile(std::filesystem::path path, int descriptor);
  std::filesystem::path path_;
  int descriptor_;
};

/// Writes a whole file by way of a temporary one in the same folder, so that a reader never sees
/// half of it. A link is followed; what is no regular file (/dev/null, a pipe) is written to as it
/// is, never replaced.
Nothing write_whole_file(const std::filesystem::path& path, std::string_view text);

}  // namespace switchback
