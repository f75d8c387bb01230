// SPDX-License-Identifier: Apache-2.0
// See blank_images.hpp.
#include "vms/hosts/libvirt/blank_images.hpp"

#include <vector>

#include <fmt/format.h>

#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/process.hpp"

namespace switchback::libvirt {
namespace {

namespace fs = std::filesystem;

constexpr int kLuksAttempts = 20;

/// QEMU 7.2 measures the CPU time of a first few iterations, and gives up if they took none. Where
/// the kernel counts CPU time in ticks, that is a matter of luck.
bool clock_was_too_coarse(const Error& error) {
  return error.message.find("Unable to get accurate CPU usage") != std::string::npos;
}

std::string prefix_of(const SiteConfig& site, const std::string& key_name) {
  return fmt::format("{}{}-", site.prefix(), key_name);
}

/// "<prefix><size>.blank", also while it is made.
bool is_blank_of(const std::string& file_name, const std::string& prefix) {
  if (!file_name.starts_with(prefix)) return false;
  const std::size_t end = file_name.find_first_not_of("0123456789", prefix.size());
  return end != std::string::npos && end > prefix.size() &&
         file_name.substr(end).starts_with(kBlank);
}

Nothing format_luks(const SiteConfig& site, const fs::path& file, const std::string& key,
                    Bytes size) {
  std::vector<std::string> command{"qemu-img", "create", "-q", "-f", "qcow2"};
  for (const std::string& argument : key_option(kKeyOnInput))
    command.push_back(argument);
  // Its derivation is made as quick as can be: it is paid for at each opening.
  command.insert(command.end(), {"-o",
                                 fmt::format("encrypt.format=luks,encrypt.key-secret={},"
                                             "encrypt.iter-time=10",
                                             kKeyId),
                                 file.string(), std::to_string(size)});
  const auto create = [&] {
    return run_program(site.run_id, command, std::chrono::minutes(2), key);
  };
  Result<std::string> created = create();
  for (int again = 0; again < kLuksAttempts && !created && clock_was_too_coarse(created.error());
       ++again)
    created = create();
  SB_TRY(created);
  return {};
}

}  // namespace

Result<fs::path> blank_image(const SiteConfig& site, const std::string& key_name,
                             const std::string& key, Bytes size) {
  const fs::path blank =
      site.storage / fmt::format("{}{}{}", prefix_of(site, key_name), size, kBlank);
  if (fs::exists(blank)) return blank;
  // Renamed when it is whole: a controller may die at any time.
  const fs::path unfinished = blank.string() + ".new";
  SB_TRY(format_luks(site, unfinished, key, size));
  std::error_code error;
  fs::rename(unfinished, blank, error);
  if (error)
    return environment_error(fmt::format("{}: {}", blank.string(), error.message()),
                             "check the storage folder");
  return blank;
}

Nothing drop_blank_images(const SiteConfig& site, const std::string& key_name) {
  const std::string prefix = prefix_of(site, key_name);
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(site.storage, error))
    if (is_blank_of(entry.path().filename().string(), prefix)) found.push_back(entry.path());
  for (const fs::path& blank : found)
    if (!error) fs::remove(blank, error);
  if (error)
    return environment_error(
        fmt::format("blank images in {}: {}", site.storage.string(), error.message()),
        "check the storage folder's permissions");
  return {};
}

}  // namespace switchback::libvirt
