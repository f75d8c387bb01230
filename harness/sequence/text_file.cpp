// SPDX-License-Identifier: Apache-2.0
// See text_file.hpp.
#include "harness/sequence/text_file.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace switchback {
namespace {

Nothing check_ordinary(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    return bad_input(name + ": no such file", "check the path");
  if (error) return bad_input(name + ": " + error.message(), "check the path");
  if (std::filesystem::is_directory(status))
    return bad_input(name + ": is a folder", "name one file in it");
  if (!std::filesystem::is_regular_file(status))
    return bad_input(name + ": is not an ordinary file", "copy it to a file first");
  return {};
}

}  // namespace

std::string why(int error) {
  return std::generic_category().message(error);
}

Result<std::string> text_of_file(const std::filesystem::path& path, std::size_t most_bytes) {
  SB_TRY(check_ordinary(path));
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return bad_input(path.string() + ": can't be opened: " + why(errno),
                     "check who may read the file");
  // One byte more than allowed tells a file that is too large, even one that grows meanwhile.
  std::string text(most_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad())
    return bad_input(path.string() + ": can't be read: " + why(errno), "check the disk it is on");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace switchback
