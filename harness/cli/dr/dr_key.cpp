// SPDX-License-Identifier: Apache-2.0
// See dr_key.hpp.
#include "harness/cli/dr/dr_key.hpp"

#include <fstream>
#include <iostream>

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

namespace switchback {
namespace {

/// What is typed is not shown for as long as this lives.
class NoEcho {
 public:
  NoEcho() {
    if (isatty(STDIN_FILENO) != 1 || tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    fmt::print(stderr, "key: ");
  }
  ~NoEcho() {
    if (!changed_) return;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    fmt::print(stderr, "\n");
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

}  // namespace

Result<std::string> read_key(const std::filesystem::path& file) {
  std::string key;
  if (file == "-") {
    const NoEcho silent;
    std::getline(std::cin, key);
  } else {
    std::ifstream in(file);
    if (!in)
      return bad_input(fmt::format("the key file {} can't be read", file.string()),
                       "name a file that holds the key in its first line");
    std::getline(in, key);
  }
  if (!key.empty()) return key;
  return bad_input(file == "-" ? "no key on standard input"
                               : fmt::format("the key file {} is empty", file.string()),
                   "put the key in its first line");
}

}  // namespace switchback
