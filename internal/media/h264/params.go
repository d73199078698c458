package h264

const (
	profileBaseline = 66
	frameNumBits    = 8
	initialQP       = 26 // which slice_qp_delta counts from
)

// sps returns the sequence parameter set (§7.3.2.1.1) as a NAL unit.
func (c Config) sps() []byte {
	var w bitWriter
	w.put(profileBaseline, 8)
	// constraint_set0_flag, and constraint_set1_flag: a decoder of the Main
	// profile can do it too, which makes it Constrained Baseline (§A.2.1.1).
	w.put(0b11000000, 8)
	w.put(uint32(c.Level), 8)
	w.ue(0)                // seq_parameter_set_id
	w.ue(frameNumBits - 4) // log2_max_frame_num_minus4
	w.ue(2)                // pic_order_cnt_type: as decoded
	w.ue(1)                // max_num_ref_frames
	w.flag(false)          // gaps_in_frame_num_value_allowed_flag
	w.ue(c.columns() - 1)
	w.ue(c.rows() - 1)
	w.flag(true) // frame_mbs_only_flag
	w.flag(true) // direct_8x8_inference_flag
	right, bottom := 16*c.columns()-c.Width, 16*c.rows()-c.Height
	w.flag(right+bottom > 0) // frame_cropping_flag
	if right+bottom > 0 {
		w.ue(0)
		w.ue(right / 2) // in chroma samples
		w.ue(0)
		w.ue(bottom / 2)
	}
	w.flag(true) // vui_parameters_present_flag
	c.vui(&w)
	w.trailing()
	return appendNAL(nil, nalSPS, w.b)
}

// vui appends the video usability information (§E.1.1).
func (c Config) vui(w *bitWriter) {
	w.flag(true) // aspect_ratio_info_present_flag
	w.put(1, 8)  // square samples
	w.flag(false)
	w.flag(true)  // video_signal_type_present_flag
	w.put(5, 3)   // video_format: unspecified
	w.flag(false) // video_full_range_flag
	w.flag(true)  // colour_description_present_flag
	w.put(1, 8)   // BT.709 primaries,
	w.put(1, 8)   // transfer characteristics
	w.put(1, 8)   // and matrix
	w.flag(true)  // chroma_loc_info_present_flag
	w.ue(1)       // in the middle of four luma samples
	w.ue(1)
	w.flag(true) // timing_info_present_flag
	w.put(uint32(c.Ticks), 32)
	w.put(uint32(2*c.Frames), 32) // a tick is that of a field
	w.flag(true)                  // fixed_frame_rate_flag
	w.flag(false)                 // nal_hrd_parameters_present_flag
	w.flag(false)                 // vcl_hrd_parameters_present_flag
	w.flag(false)                 // pic_struct_present_flag
	w.flag(true)                  // bitstream_restriction_flag
	w.flag(false)                 // motion_vectors_over_pic_boundaries_flag
	w.ue(0)                       // max_bytes_per_pic_denom: the level's
	w.ue(0)                       // max_bits_per_mb_denom: the level's
	w.ue(10)                      // log2_max_mv_length_horizontal: farthest, in quarters
	w.ue(10)                      // log2_max_mv_length_vertical
	w.ue(0)                       // max_num_reorder_frames
	w.ue(1)                       // max_dec_frame_buffering
}

// pps returns the picture parameter set (§7.3.2.2) as a NAL unit.
func pps() []byte {
	var w bitWriter
	w.ue(0)       // pic_parameter_set_id
	w.ue(0)       // seq_parameter_set_id
	w.flag(false) // entropy_coding_mode_flag: CAVLC
	w.flag(false) // bottom_field_pic_order_in_frame_present_flag
	w.ue(0)       // num_slice_groups_minus1
	w.ue(0)       // num_ref_idx_l0_default_active_minus1
	w.ue(0)       // num_ref_idx_l1_default_active_minus1
	w.flag(false) // weighted_pred_flag
	w.put(0, 2)   // weighted_bipred_idc
	w.se(initialQP - 26)
	w.se(0)       // pic_init_qs_minus26
	w.se(0)       // chroma_qp_index_offset
	w.flag(true)  // deblocking_filter_control_present_flag
	w.flag(false) // constrained_intra_pred_flag
	w.flag(false) // redundant_pic_cnt_present_flag
	w.trailing()
	return appendNAL(nil, nalPPS, w.b)
}
