// SPDX-License-Identifier: Apache-2.0
// An item's record as a JSON document, for the catalog on disk.
#pragma once

#include <string>
#include <string_view>

#include "harness/base/result.hpp"
#include "vms/recovery/catalog.hpp"

namespace switchback::recovery {

/// All fields of the record, times as whole numbers in the unit of their type, words by name. Bytes
/// that are not UTF-8, which no name has, become U+FFFD. The same record gives the same text.
std::string to_json(const ItemRecord& record);

/// The record of a document that to_json() made. Strict: a field too few or too many, of another
/// type, out of range or with a word that does not exist is an Error that names its place.
Result<ItemRecord> record_from_json(std::string_view text);

}  // namespace switchback::recovery
